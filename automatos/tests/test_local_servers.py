"""The embedded servers, through the commands and the suite's own fixtures."""

import urllib.request

import pytest
import redis
from django.conf import settings
from django.db import connection

from automatos.testing import NetworkCut


@pytest.mark.django_db
def test_the_database_is_postgresql_18_with_pgvector() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, '[1,2]'::vector::text")
        assert cursor.fetchone() == (18, "[1,2]")


def test_the_queue_answers() -> None:
    assert redis.Redis.from_url(settings.REDIS_URL).ping()


def test_no_test_can_reach_another_machine() -> None:
    with pytest.raises(NetworkCut):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)
