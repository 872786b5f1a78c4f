"""The product's settings with throw-away secrets and data, for the tests and for tools that need Django set up.

Every setting is stated, so that neither the shell's ``ZHIYIN_`` variables nor a ``.env`` file changes a result. Only
``ZHIYIN_TEST_DATABASE_URL`` (which server to test against; default: SQLite) and ``ZHIYIN_SHARED_DATA`` pass through.
"""

import os
import tempfile
from pathlib import Path

# Importing makes nothing: the root conftest.py creates this folder for a run and removes it afterwards.
HOME = Path(tempfile.gettempdir()) / f"zhiyin-tests-{os.getpid()}"
PASSED_THROUGH = ("ZHIYIN_TEST_DATABASE_URL", "ZHIYIN_SHARED_DATA")
SERVER = os.environ.get("ZHIYIN_TEST_DATABASE_URL", "")

for _key in [key for key in os.environ if key.startswith("ZHIYIN_") and key not in PASSED_THROUGH]:
    del os.environ[_key]
os.environ.update(
    ZHIYIN_DATA_DIR=str(HOME / "data"),
    ZHIYIN_DATABASE_URL=SERVER or f"sqlite:///{HOME / 'zhiyin.sqlite3'}",
    ZHIYIN_ANALYTICS_URL="embedded",
    ZHIYIN_BASE_URL="http://127.0.0.1:8000",
    ZHIYIN_SECRET_KEY="for-tests-only-and-known-to-everybody",
    ZHIYIN_DATA_KEY="test:dGhpcyBrZXkgaXMga25vd24gdG8gZXZlcnlib2R5ISE=",
    ZHIYIN_TIME_ZONE="Asia/Shanghai",
    ZHIYIN_LANGUAGE="zh-hans",
    ZHIYIN_DEBUG="0",
    ZHIYIN_TRUSTED_PROXIES="0",
    ZHIYIN_WEB_WORKERS="2",
)

# Only now: the settings read the environment when they are imported.
from zhiyin.config.settings import *  # noqa: E402, F403
from zhiyin.config.settings import DATABASES, STORAGES  # noqa: E402

# A file even on SQLite, since threads that share a database in memory lock each other out in ways a real one does not.
# The process number keeps two runs against one PostgreSQL server apart.
DATABASES["default"]["TEST"] = {
    "NAME": f"test_zhiyin_{os.getpid()}" if SERVER else str(HOME / "test.sqlite3"),
}
# A good hash takes a sixth of a second, and the tests sign in some hundreds of times.
PASSWORD_HASHERS = ["tests.hashing.QuickArgon2"]
# The test server serves the assets where they were built, under their plain names.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
