"""The process that opens workbooks, so that a file made to break readers breaks a process that nobody misses.

Nothing here is imported by the rest but ``caps`` and ``wire``. Only the standard library, python-calamine and
``connectors.spreadsheet.cells`` are imported, so that it starts fast and its memory is left to the file.
"""
