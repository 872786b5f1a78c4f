"""Static files under hashed names, cached for ever; in development and tests under their plain ones."""

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Falls back to the plain name where nothing was collected yet, so that tests need no build step."""

    manifest_strict = False

    def url(self, name: str | None, force: bool = False) -> str:
        if settings.DEBUG or not self.hashed_files:
            return f"{settings.STATIC_URL}{name}"
        return super().url(name, force)  # type: ignore[no-any-return]  # whitenoise ships no types
