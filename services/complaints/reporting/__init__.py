"""A kept report as a file (SPEC PL-13): from what was kept, never counted again. `layout` says what stands where in one
language, `books` makes a workbook of it, `pages` a PDF."""
