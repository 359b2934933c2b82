"""What is printed of a case (SPEC PL-9): `usecases/printing.py` gathers it into a `Paper`, which knows no layout;
`rendering.py` lays every paper out the same way, in `templates/`."""
