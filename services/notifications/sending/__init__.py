"""Sending what is due: who goes next, one attempt after the other, fairly among tenants (NT-4, NT-7).

`lines` says what waits in line; `attempts` takes the next delivery of a line and records what came of it, each in a
short transaction; `pump` lets the lines take turns.
"""
