"""`python seed.py 100`: exactly that many tickets in one queue, and an agent; prints the agent's token."""

import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from helpdesk.models import Queue, Ticket  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

agent, _ = get_user_model().objects.get_or_create(username="agent", is_staff=True, is_superuser=True)
queue, _ = Queue.objects.get_or_create(id=1, title="Bench", slug="bench")
Ticket.objects.all().delete()
Ticket.objects.bulk_create(
    (
        Ticket(queue=queue, title=f"Ticket {n}", description="Noise", submitter_email="c@x.test", priority=3)
        for n in range(int(sys.argv[1]))
    ),
    batch_size=1000,
)
token, _ = Token.objects.get_or_create(user=agent)
sys.stdout.write(f"{token.key} {Ticket.objects.order_by('id').first().id}\n")
