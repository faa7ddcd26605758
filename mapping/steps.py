"""The arithmetic behind a standing, one line a step, for people who want to check it."""

from __future__ import annotations

from mapping.readings import Reading, Standing
from mapping.show import show_progress, show_value


def steps(reading: Reading, standing: Standing) -> tuple[str, ...]:
    """Return measure, progress and pace with their numbers, in order."""
    lines = [reading.formula] if reading.formula else []
    if reading.origin:
        lines.append(f"read from {reading.origin}")
    lines += [f"{count} left out: {reason}" for reason, count in sorted(reading.left_out.items())]
    lines += [f"{count} assumed: {assumption}" for assumption, count in sorted(reading.assumed.items())]
    if reading.value is None:
        lines.append(f"no data: {reading.no_data}")
    progress = _progress(standing)
    return (*lines, *([progress] if progress else []), standing.pace.because)


def _progress(standing: Standing) -> str | None:
    metric, value = standing.metric, standing.value
    if value is None or metric.baseline is None or standing.raw_progress is None:
        return None
    now, start, aim = (show_value(each, metric.unit) for each in (value, metric.baseline, metric.target))
    return f"progress: ({now} − {start}) / ({aim} − {start}) = {show_progress(standing.raw_progress)}"
