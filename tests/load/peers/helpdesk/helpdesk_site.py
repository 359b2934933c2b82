"""The site: django-helpdesk at the root, and what serves it."""

from django.core.wsgi import get_wsgi_application
from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
application = get_wsgi_application()
