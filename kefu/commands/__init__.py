"""The commands of the `kefu` program, one module each; see kefu/cli.py."""
