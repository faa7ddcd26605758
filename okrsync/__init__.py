"""okrsync keeps key results true: the command line, the sandbox and the guard for room names."""

__version__ = "0.1.0"
