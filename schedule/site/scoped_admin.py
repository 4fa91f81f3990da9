"""What our admin's pages share: they show and change the rows of one conference, the host's, in its
time zone, and ask for permissions in it. `request.conference` is None on a host that has none; then
there are no rows, and a superuser can make the first conference.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from lib.sealing import SealedField
from schedule.models import Conference


def conference_of(request: HttpRequest) -> Conference | None:
    conference: Conference | None = getattr(request, "conference", None)
    return conference


def required_conference(request: HttpRequest) -> Conference:
    """Raises PermissionDenied on a host that has none."""
    conference = conference_of(request)
    if conference is None:
        raise PermissionDenied
    return conference


def in_venue_zone(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Times are typed and shown in the conference's zone, until the page is rendered."""

    @functools.wraps(view)
    def in_zone(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        conference = conference_of(request)
        with timezone.override(conference.zone if conference else None):
            response = view(request, *args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

    return in_zone


class VenueTimeField(forms.DateTimeField):
    """A time in the conference's zone, which the page is in (`in_venue_zone`)."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


def person(request: HttpRequest) -> models.Model | None:
    """Who acts. Nobody reaches the admin without being somebody."""
    return request.user if isinstance(request.user, models.Model) else None


def keep_chosen(form: forms.ModelForm[Any]) -> None:
    """What a row has already is accepted again, although it may not be chosen: somebody saves a room of
    which a superuser is a helper. A new row has nothing, whatever the address of its page proposes.
    """
    if form.instance.pk is None:
        return
    for name, field in form.fields.items():
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
            chosen = form.initial.get(name)
            pks = chosen if isinstance(chosen, list) else [chosen]
            rows = field.queryset.model._default_manager.filter(
                pk__in=[getattr(row, "pk", row) for row in pks if row]
            )
            field.queryset |= rows


class ConferenceForm(forms.ModelForm[Any]):
    """A form of something that belongs to a conference, which nobody types: the admin knows it."""

    conference: ClassVar[Conference | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.conference is not None and self.instance.conference_id is None:
            self.instance.conference = self.conference
        keep_chosen(self)

    def _get_validation_exclusions(self) -> set[str]:
        # Else "unique in the conference" would be left to the database, and end as a 500.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # no public hook
        return exclusions - {"conference"}


class OfConference(BaseModelAdmin[Any]):
    """`conference_lookup` leads from the model to its conference."""

    conference_lookup = "conference"
    form: type[forms.ModelForm[Any]] = ConferenceForm

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        here = {self.conference_lookup: conference_of(request)}
        return super().get_queryset(request).filter(**here)

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> models.QuerySet[Any] | None:
        """Offers, and accepts, what is of this conference; of what belongs to none, like people, what
        one may look at in its own pages here.
        """
        queryset = super().get_field_queryset(db, db_field, request)
        related = db_field.remote_field.model
        if all(field.name != "conference" for field in related._meta.fields):
            pages = self.admin_site._registry.get(related)
            return pages.get_queryset(request) if isinstance(pages, OfConference) else queryset
        if queryset is None:
            queryset = related._default_manager.all()
        return queryset.filter(conference=conference_of(request))

    def may(self, request: HttpRequest, action: str) -> bool:
        codename = get_permission_codename(action, self.opts)
        permission = f"{self.opts.app_label}.{codename}"
        return request.user.has_perm(permission, conference_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view") or self.may(request, "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return conference_of(request) is not None and self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return conference_of(request) is not None


class ScopedAdmin(OfConference, admin.ModelAdmin[Any]):
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """404 for what is not of this conference, as for what is not there."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Else whoever sees a list could read secrets out of it, sign by sign."""
        name = lookup.partition("__")[0]
        hidden = {field.name for field in self.opts.get_fields() if isinstance(field, SealedField)}
        return name not in hidden and super().lookup_allowed(lookup, value, request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # Django makes this class anew for every request.
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.conference = conference_of(request)
        return form

    def own_url(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
        """Of a page beside Django's, by the name admin:<app>_<model>_<name>."""
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(view), name=full_name)

    def own_page(
        self, request: HttpRequest, name: str, context: Mapping[str, object]
    ) -> TemplateResponse:
        """A page beside Django's, of templates/admin/<app>/<model>/<name>.html."""
        template = f"admin/{self.opts.app_label}/{self.opts.model_name}/{name}.html"
        everywhere = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**everywhere, **context})

    def view_on_site(self, obj: models.Model) -> str | None:
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None


class ScopedInline(OfConference, admin.options.InlineModelAdmin[Any, Any]):
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.form.conference = conference_of(request)
        return formset


class NotDeleted:
    """Mixed in before the admin class of what is canceled, hidden or renamed instead."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NotDeleted):
    """Mixed in before the admin class of what other code writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
