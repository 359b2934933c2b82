"""`python -m kefu`: the same as the `kefu` program."""

from kefu.cli import main

main(prog_name="kefu")
