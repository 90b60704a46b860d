"""Writing webhooks and their deliveries."""

from __future__ import annotations

import base64
import secrets as chance
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ringround.http import ports, rules
from ringround.http.events import WebhookSwitchedOff
from ringround.http.models import Delivery, Webhook
from ringround.http.ports import Asker
from ringround.http.queries import expand_types
from ringround.http.queries.webhooks import log_end
from ringround.infra import audit, clock, outbound, secrets, sql
from ringround.kernel import targets
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.messages import N_

MOST = 50
SECRET_BYTES = 32
KEPT = timedelta(days=30)
LOG_TRIES = 20
CLEAR_BATCH = 5000
SETTLE_BATCH = 1000


@dataclass(frozen=True, slots=True)
class _Product:
    """Ringround itself, for the audit log."""

    org_id: UUID
    audit_type: str = "system"
    audit_id: UUID | None = None

    @property
    def home_id(self) -> UUID:
        return self.org_id


@transaction.atomic
def webhook_create(*, actor: Asker, url: str, types: Sequence[str] = ()) -> tuple[Webhook, str]:
    """A webhook for what happens from now on, and its secret, which is given here and never again."""
    _require(actor)
    url, types = _url(url), _types(types)
    ports.get().hold(actor)
    if Webhook.objects.filter(org_id=actor.org_id, deleted_at=None).count() >= MOST:
        raise Conflict("too_many_webhooks", N_("There are as many webhooks as there may be."))
    raw, kept = _new_secret()
    now = clock.real_now()
    made = Webhook.objects.create(
        org_id=actor.org_id, url=url, types=types, secret=kept, since_seq=log_end(), next_at=now, created_at=now
    )
    _write(actor, "http.webhook.created", made, types=types)
    return made, raw


@transaction.atomic
def webhook_change(
    *,
    actor: Asker,
    webhook_id: UUID,
    url: str | None = None,
    types: Sequence[str] | None = None,
    state: str | None = None,
) -> Webhook:
    """Change where it goes, what it gets, or whether it is on. What happens while it is off is not sent later."""
    webhook = _lock(actor, webhook_id)
    _require(actor)
    changed = []
    if url is not None and url != webhook.url:
        webhook.url = _url(url)
        changed.append("url")
    if types is not None:
        webhook.types = _types(types)
        changed.append("types")
    if state is not None and state != webhook.state:
        changed.append("state")
        if state == Webhook.State.OFF:
            webhook.state, webhook.off_reason = Webhook.State.OFF, "by_hand"
        else:
            webhook.state, webhook.off_reason = Webhook.State.ON, ""
            # What still waits from before is not sent any more; the tick writes it off.
            webhook.since_seq = log_end()
    if changed:
        # Whoever mends it wants to see at once whether it works.
        webhook.failures, webhook.failing_since, webhook.next_at = 0, None, clock.real_now()
        webhook.save()
        _write(actor, "http.webhook.changed", webhook, fields=changed)
    return webhook


@transaction.atomic
def webhook_delete(*, actor: Asker, webhook_id: UUID) -> None:
    """Delete it with its log. The log may be long: it goes in the background, and nobody sees it meanwhile."""
    webhook = _lock(actor, webhook_id)
    _require(actor)
    _write(actor, "http.webhook.deleted", webhook)
    _forget(webhook)


@transaction.atomic
def webhooks_switch_off(*, actor: Asker) -> int:
    """Switch off all of an organisation: it has a new owner, who did not say where its events go. How many were on."""
    found = list(
        Webhook.objects.select_for_update(no_key=True)
        .filter(org_id=actor.org_id, state=Webhook.State.ON, deleted_at=None)
        .order_by("id")
    )
    for webhook in found:
        webhook.state, webhook.off_reason = Webhook.State.OFF, "handed_over"
        webhook.save()
        _write(actor, "http.webhook.changed", webhook, state="off")
    return len(found)


@transaction.atomic
def webhooks_delete(*, org_id: UUID) -> int:
    """Delete all of an organisation whose data is deleted; how many. Their logs go in the background."""
    found = list(Webhook.objects.select_for_update().filter(org_id=org_id, deleted_at=None).order_by("id"))
    for webhook in found:
        _forget(webhook)
    return len(found)


@transaction.atomic
def webhook_rotate(*, actor: Asker, webhook_id: UUID) -> tuple[Webhook, str]:
    """A new secret, given here and never again. The one before signs too for a day, so that nothing is refused while
    the receiver is changed."""
    webhook = _lock(actor, webhook_id)
    _require(actor)
    raw, kept = _new_secret()
    webhook.old_secret, webhook.secret = webhook.secret, kept
    webhook.old_secret_until = clock.real_now() + rules.OLD_SECRET_LIVES
    webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
    _write(actor, "http.webhook.rotated", webhook)
    return webhook, raw


@transaction.atomic
def delivery_again(*, actor: Asker, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Send a delivery again, now and out of order, whatever became of it; with the `webhook-id` it had."""
    webhook = _lock(actor, webhook_id)
    delivery = Delivery.objects.select_for_update().filter(webhook=webhook, id=delivery_id).first()
    if delivery is None:
        raise NotFound("delivery")
    _require(actor)
    if webhook.state != Webhook.State.ON:
        raise Conflict("wrong_state", N_("The webhook is switched off."), allowed=["on"])
    if delivery.state == Delivery.State.PENDING and delivery.manual:
        return delivery
    was_pending = delivery.state == Delivery.State.PENDING
    delivery.state, delivery.next_at = Delivery.State.PENDING, clock.real_now()
    if not was_pending:
        # One that waits for its turn keeps its place among its subject's, and its tries: it only goes now.
        delivery.manual, delivery.tries = True, 0
    delivery.save(update_fields=["state", "manual", "tries", "next_at"])
    # The button is also "does it work again?": not to be answered in a quarter of an hour.
    Webhook.objects.filter(id=webhook.id).update(next_at=clock.real_now())
    _write(actor, "http.webhook.redelivered", webhook, event=str(delivery.event_id))
    return delivery


# --- the courier's ------------------------------------------------------------------------------


def deliveries_make(
    *, events: Iterable[Mapping[str, Any]], merchants: Callable[[UUID], Collection[UUID]]
) -> list[Delivery]:
    """Deliveries of these events for every webhook that wants them and whose organisation may read them now."""
    hooks: dict[UUID, list[Webhook]] = {}
    for webhook in Webhook.objects.filter(state=Webhook.State.ON).order_by("id"):
        hooks.setdefault(webhook.org_id, []).append(webhook)
    shared: dict[UUID, set[UUID]] = {}
    now = clock.real_now()
    rows = []
    for event in events:
        wanted = list(hooks.get(event["org_id"], ()))
        other = event["also_org_id"]
        if other in hooks:
            if other not in shared:
                shared[other] = set(merchants(other))
            wanted += hooks[other] if event["org_id"] in shared[other] else []
        rows += [
            Delivery(
                webhook=webhook,
                seq=event["seq"],
                event_id=event["id"],
                type=event["type"],
                subject_id=event["subject_id"],
                next_at=now,
                created_at=now,
            )
            for webhook in wanted
            if event["seq"] > webhook.since_seq and rules.wants(webhook.types, event["type"])
        ]
    made = Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if made:
        # Whoever notes a try of theirs just now is waited for, or waits and then sees these.
        sql.rows("http", "webhooks_keep", webhooks=sorted({one.webhook_id for one in made}))
        sql.run("http", "webhooks_behind", ids=[one.id for one in made])
    return made


@transaction.atomic
def delivery_done(
    *, delivery_id: UUID, claim_no: int, now: datetime, status: int | None, error: str, answer: str, took_ms: int
) -> None:
    """Note what became of the claim of that number. One that is no longer the latest, because its lease ran out or the
    delivery was changed meanwhile, is let go: the later one speaks."""
    # The webhook first, as whoever switches it off does.
    webhook = (
        Webhook.objects.select_for_update(no_key=True)
        .filter(id__in=Delivery.objects.filter(id=delivery_id).values("webhook_id"))
        .first()
    )
    # Without its lease it was noted already, and the database went before it could say so.
    found = Delivery.objects.select_for_update().filter(id=delivery_id, claim_no=claim_no, state="pending")
    delivery = found.filter(sending_until__isnull=False).first()
    if webhook is None or delivery is None:
        return
    delivery.tries, delivery.sending_until = delivery.tries + 1, None
    delivery.last_at, delivery.status, delivery.error, delivery.answer = now, status, error, answer
    tried = {"at": now.isoformat(), "status": status, "error": error, "ms": took_ms}
    delivery.log = [*delivery.log, tried][-LOG_TRIES:]
    if not error:
        delivery.state = Delivery.State.DELIVERED
        if webhook.failures:
            webhook.failures, webhook.failing_since, webhook.next_at = 0, None, now
            webhook.save(update_fields=["failures", "failing_since", "next_at"])
    else:
        again = rules.retry_at(now=now, tries=delivery.tries)
        if again is None:
            delivery.state = Delivery.State.FAILED
        else:
            delivery.next_at = again
    delivery.save()
    if not delivery.manual and delivery.tries > 1 - bool(error):
        # Those behind it wait with it; and go with it, when it was sent before its time.
        at = delivery.next_at if delivery.state == Delivery.State.PENDING else now
        sql.run(
            "http", "webhooks_followers_at", webhook=webhook.id, subject=delivery.subject_id, seq=delivery.seq, at=at
        )
    # One that was switched off while this was on its way has nothing more to say.
    if error and webhook.state == Webhook.State.ON:
        _failed(webhook, now, status)


def delivery_withhold(*, delivery_id: UUID) -> None:
    """The organisation may read this event no more: it is not sent."""
    Delivery.objects.filter(id=delivery_id).update(state=Delivery.State.WITHHELD, error="withheld", sending_until=None)


def delivery_unsent(*, delivery_id: UUID) -> None:
    """It was claimed and could not be sent: nothing is under way, and no try was made."""
    Delivery.objects.filter(id=delivery_id).update(sending_until=None)


def deliveries_clear() -> bool:
    """Clear away what was made long ago; whether more waits."""
    old = Delivery.objects.filter(created_at__lt=clock.real_now() - KEPT).exclude(state=Delivery.State.PENDING)
    count, _ = Delivery.objects.filter(id__in=old.order_by("created_at").values("id")[:CLEAR_BATCH]).delete()
    return count >= CLEAR_BATCH


def deliveries_settle() -> bool:
    """Write off what waits for webhooks that were switched off, and clear away those that were deleted with their logs;
    whether more waits. In batches, because there may be days of events."""
    more = sql.run("http", "webhooks_over", most=SETTLE_BATCH) >= SETTLE_BATCH
    for webhook in Webhook.objects.exclude(deleted_at=None).order_by("deleted_at")[:10]:
        log = Delivery.objects.filter(webhook=webhook)
        count, _ = Delivery.objects.filter(id__in=log.order_by("seq").values("id")[:CLEAR_BATCH]).delete()
        if count >= CLEAR_BATCH:
            return True
        webhook.delete()
    return more


def reveal(kept: str) -> str:
    """A secret as it signs."""
    return secrets.cipher(settings.RINGROUND).decrypt(kept)


# --- inside -------------------------------------------------------------------------------------


def _failed(webhook: Webhook, now: datetime, status: int | None) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    webhook.next_at = now + rules.webhook_pause(failures=webhook.failures)
    reason = rules.off_reason(now=now, failing_since=webhook.failing_since, status=status)
    if reason is not None:
        webhook.state, webhook.off_reason = Webhook.State.OFF, reason
        webhook.event_no += 1
        WebhookSwitchedOff(reason=reason).record(
            org_id=webhook.org_id, webhook_id=webhook.id, subject_no=webhook.event_no
        )
        _write(_Product(webhook.org_id), "http.webhook.switched_off", webhook, reason=reason)
    webhook.save()


def _forget(webhook: Webhook) -> None:
    webhook.state, webhook.deleted_at = Webhook.State.OFF, clock.real_now()
    # Nothing can be signed for it any more, and nobody can read where it went.
    webhook.url = webhook.secret = webhook.old_secret = ""
    webhook.save()


def _lock(actor: Asker, webhook_id: UUID) -> Webhook:
    mine = Webhook.objects.filter(id=webhook_id, org_id=actor.org_id, deleted_at=None)
    found = mine.select_for_update(no_key=True).first()
    if found is None:
        raise NotFound("webhook")
    return found


def _require(actor: Asker) -> None:
    ports.get().require(actor, "http.webhooks.change")


def _url(url: str) -> str:
    try:
        target = targets.parse(url)
    except targets.BadTarget:
        raise Invalid.one(
            "url", "bad_url", N_("This is not a web address beginning with https:// or http://.")
        ) from None
    if targets.surely_private(target.host) and not outbound.may_be_private():
        raise Invalid.one("url", "private_target", N_("This address is inside a private network."))
    return url


def _types(types: Sequence[str]) -> list[str]:
    """As written, each once; empty for all."""
    if "*" in types:
        return []
    expand_types(types, "types")
    return list(dict.fromkeys(types))


def _new_secret() -> tuple[str, str]:
    """A secret as it is shown, and as it is kept."""
    raw = "whsec_" + base64.b64encode(chance.token_bytes(SECRET_BYTES)).decode()
    return raw, secrets.cipher(settings.RINGROUND).encrypt(raw)


def _write(actor: audit.Doer, action: str, webhook: Webhook, **data: object) -> None:
    audit.write(
        actor=actor, action=action, org_id=webhook.org_id, subject_type="webhook", subject_id=webhook.id, data=data
    )
