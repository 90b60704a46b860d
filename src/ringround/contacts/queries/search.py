"""Finding contacts by any part of name, number, external id or e-mail."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from ringround.contacts.models import Contact, ContactList
from ringround.kernel import phones
from ringround.kernel.text import clean, digits, fold, sort_key

# Fewer characters make no trigram: then a name's beginning is looked for, by another index.
LEAST = 3
MAX_WORDS = 6
_NUMBER = re.compile(r"[+\d][\d\s().\-/+]*", re.ASCII)


def matching(
    found: QuerySet[Contact], q: str, *, org_id: UUID | None = None, list_id: UUID | None = None
) -> QuerySet[Contact]:
    """`found` narrowed to what people mean by `q`: every word somewhere, or the digits in a row in a number."""
    text = clean(q, 200)
    if not text:
        return found
    if _NUMBER.fullmatch(text) and len(dialled := digits(text).lstrip("0")) >= LEAST:
        # 20 12 34 56, +45 2012, 2012: digits of a number, or an external id written so.
        wanted = Q(search__contains=dialled)
        if (folded := fold(text)) != dialled and len(folded) >= LEAST:
            wanted |= Q(search__contains=folded)
        return found.filter(wanted)
    words = fold(text).split()[:MAX_WORDS]
    if all(len(word) < LEAST for word in words):
        return _beginning(found, text, org_id, list_id)
    for word in words:
        found = found.filter(search__contains=word)
    return found


def _beginning(found: QuerySet[Contact], text: str, org_id: UUID | None, list_id: UUID | None) -> QuerySet[Contact]:
    key = sort_key(text).split("\x01")[0]
    # By the lists of the organisation, since that is how the index on names begins.
    if list_id is None and org_id is not None:
        lists = list(ContactList.objects.filter(organisation=org_id).values_list("id", flat=True))
        found = found.filter(list__in=lists)
    return found.filter(sort_name__gte=key, sort_name__lt=key + "\U0010ffff") if key else found.none()


def by_phone(found: QuerySet[Contact], phone: str, *, org_id: UUID, region: str) -> QuerySet[Contact]:
    """`found` narrowed to whom a whole number belongs to, however it is written; else by its digits."""
    number = phones.parse(phone, region)
    if number is not None and number.valid:
        return found.filter(numbers__organisation=org_id, numbers__e164=number.e164).distinct()
    dialled = digits(phone).lstrip("0")
    return found.filter(search__contains=dialled) if len(dialled) >= LEAST else found.none()


def contact_ids_matching(*, q: str) -> QuerySet[Contact, UUID]:
    """Ids of contacts that match, of every organisation: for a room that joins them with what the actor may see."""
    return matching(Contact.objects.filter(erased_at__isnull=True), q).values_list("id", flat=True)


def contact_ids_few(*, q: str, most: int) -> str | None:
    """The same where they are at most so many, else None: as PostgreSQL writes an array, to be given back to it.
    Thousands of ids are not worth making into objects that nobody looks at."""
    found = contact_ids_matching(q=q).order_by()[: most + 1]
    many = found.aggregate(count=Count("id"), ids=Cast(ArrayAgg("id", default=[]), TextField()))
    return many["ids"] if many["count"] <= most else None
