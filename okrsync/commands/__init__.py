"""The commands, a file for each kind of question; each imports what it needs when it runs."""
