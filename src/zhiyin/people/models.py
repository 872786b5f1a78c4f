"""The organisation, its staff and its customers. What names a customer is sealed here and nowhere else."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from zhiyin.people.roles import Role
from zhiyin.people.rules import EVERYTHING, Basis, Purpose


class Organisation(models.Model):
    """The one organisation of this deployment. ``pause_*`` stops all outreach, with who and why."""

    name = models.JSONField()  # Text
    pack = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    outreach_paused_at = models.DateTimeField(null=True)
    outreach_paused_by = models.CharField(max_length=80, default="")
    outreach_pause_reason = models.CharField(max_length=300, default="")


class Unit(models.Model):
    """A node of the organisation tree: province, centre, team, to any depth."""

    code = models.CharField(max_length=60, unique=True)
    name = models.JSONField()  # Text
    kind = models.CharField(max_length=30, default="team")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    path = models.CharField(max_length=400, db_index=True)  # "/1/4/9/": every ancestor's key and its own
    sort_key = models.CharField(max_length=400, default="")  # Chinese sorts differently on each engine

    class Meta:
        ordering = ["path"]


class StaffManager(BaseUserManager["Staff"]):
    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(email=(username or "").strip().lower())


class Staff(AbstractBaseUser):
    """Somebody who works here. With an e-mail and a password they may sign in; a code alone names them in data."""

    email = models.EmailField(max_length=254, unique=True, null=True)  # noqa: DJ001  (unique, and many have none)
    code = models.CharField(max_length=60, unique=True, null=True)  # noqa: DJ001
    name = models.CharField(max_length=120)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30, choices=Role.choices, default=Role.AGENT)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="")
    theme = models.CharField(max_length=10, default="")
    is_away = models.BooleanField(default=False)  # at another customer's: the connect clock is an hour then (S1.7)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = StaffManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="staff_role_is_known"),
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(code__isnull=False), name="staff_has_email_or_code"
            ),
        ]


class ApiKey(models.Model):
    """A program's key. The secret is shown once; only its keyed hash stays."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    secret_hash = models.BinaryField(unique=True, max_length=32)
    scope = models.CharField(max_length=10)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=["read", "write"]), name="api_key_scope_is_read_or_write")
        ]


class Customer(models.Model):
    """One person, whichever id, phone or channel they come by. This row is what outreach locks before it counts.

    ``refuses`` and ``agrees`` are sets of purposes as bits (``people.rules``): what the hot path needs of ``Consent``.
    """

    id = models.BigIntegerField(primary_key=True)
    name_sealed = models.BinaryField(null=True)
    brand = models.CharField(max_length=60, default="")
    segment = models.CharField(max_length=60, default="")
    language = models.CharField(max_length=10, default="", db_default="")  # to be written to in; empty: nobody said
    is_internal = models.BooleanField(default=False)
    is_minor = models.BooleanField(default=False)
    has_open_legal_case = models.BooleanField(default=False, db_default=False)
    refuses = models.PositiveSmallIntegerField(default=0, db_default=0)
    agrees = models.PositiveSmallIntegerField(default=0, db_default=0)
    opted_out_at = models.DateTimeField(null=True)  # since when everything is refused
    merged_into = models.BigIntegerField(null=True, db_index=True)
    erased_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refuses=EVERYTHING, opted_out_at__isnull=False)
                | Q(refuses__lt=EVERYTHING, opted_out_at__isnull=True),
                name="who_refuses_everything_has_opted_out",
            )
        ]


class Identity(models.Model):
    """A sealed id, phone or e-mail of a customer, found by its keyed hash.

    ``first_customer_id`` remembers whose it was before a merge, so that a merge can be undone. Where ``masked`` is
    empty only the hash is left: the suppression list, which knows who must not be written to and not who that is.
    """

    class Kind(models.TextChoices):
        EXTERNAL = "external", "external"
        PHONE = "phone", "phone"
        EMAIL = "email", "email"
        WECHAT = "wechat", "wechat"
        WECOM = "wecom", "wecom"

    id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(db_index=True)
    first_customer_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reach = models.CharField(max_length=10, default="")  # of a phone: mobile, landline, foreign
    value_hash = models.BinaryField(max_length=32)
    value_sealed = models.BinaryField()
    masked = models.CharField(max_length=80)  # 150****1528: what every screen shows
    seen_at = models.DateTimeField()
    # Somebody undid a merge that it had caused: beside another handle it tells nobody apart any more.
    is_shared = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value_hash"], name="identity_belongs_to_one_customer")]


class Consent(models.Model):
    """What a person said about one purpose: the ground it stands on with its proof, and when and how it was withdrawn.

    ``customer_id`` is the customer as whom it was said, also after a merge. A refusal of somebody who never said yes
    has no ``given_at``: the ground was there without their word.
    """

    customer_id = models.BigIntegerField()
    purpose = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Purpose])
    basis = models.CharField(max_length=12, choices=[(each.value, each.value) for each in Basis])
    given_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40, default="")  # preference page, contract, phone call, form
    text_version = models.CharField(max_length=60, default="")  # what they were shown
    place = models.CharField(max_length=120, default="")  # where: a shop, a page, a call's number
    proof = models.CharField(max_length=300, default="")  # where it can be looked up
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80, default="")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_how = models.CharField(max_length=40, default="")
    withdrawn_proof = models.CharField(max_length=300, default="")
    withdrawn_by = models.CharField(max_length=80, default="")

    class Meta:
        indexes = [models.Index(fields=["customer_id", "purpose", "id"], name="consent_by_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_standing_consent_for_each_purpose",
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=False) | Q(withdrawn_at__isnull=False),
                name="consent_was_given_or_withdrawn",
            ),
        ]


class Merge(models.Model):
    """Two customers became one: everything that it takes to undo it, and who undid it."""

    kept = models.BigIntegerField(db_index=True)
    merged = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    because = models.CharField(max_length=300)
    before = models.JSONField()  # what the kept row said: refuses, agrees, opted_out_at, flags, had_name
    handles = models.JSONField(default=list)  # [kind, hash in hex] of what they shared
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=80, default="")
    undone_because = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="merged_into_one_at_a_time"
            )
        ]
