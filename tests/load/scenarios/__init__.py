"""What is measured: one module a scenario, each with `run(stand) -> dict` and `report(figures) -> str` (Markdown)."""
