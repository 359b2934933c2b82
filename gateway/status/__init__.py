"""The complainant's status page as pages of HTML: works on a phone, without scripts, in both languages (SPEC UX-13)."""

from gateway.status.pages import register

__all__ = ["register"]
