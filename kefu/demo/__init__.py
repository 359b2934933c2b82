"""Demonstration companies and stories: everything here calls the platform by REST only, as a partner would.

What is told is data: companies.yaml and stories/*.yaml. This package reads, sends and prints.
"""
