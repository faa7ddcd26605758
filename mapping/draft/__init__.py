"""From a sentence to a metric: a fixed English and French grammar. See docs/draft.md."""
