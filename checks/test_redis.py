"""The two Redis servers: the cache, and the queue that holds jobs."""

from fixtures import check, redis


@check(redis("cache"), severity="critical", smoke=True, depends_on="dns_resolves")
def test_redis_cache_answers(value):
    """The cache Redis answers; without it every page takes seconds."""
    assert value.answers, value.error


@check(redis("queue"), severity="critical", smoke=True, depends_on="dns_resolves")
def test_redis_queue_answers(value):
    """The queue Redis answers; without it no background job runs, while the app calls itself healthy."""
    assert value.answers, value.error


@check(redis("cache").pick("memory_percent"), unit="%", warning=98, depends_on="redis_cache_answers")
def test_redis_cache_memory_percent(value, limit):
    """The cache has room; it evicts by design, so only a cache that is always full is worth a word."""
    assert value <= limit


@check(
    redis("queue").pick("memory_percent"),
    unit="%",
    warning=80,
    high=90,
    critical=95,
    depends_on="redis_queue_answers",
)
def test_redis_queue_memory_percent(value, limit):
    """The queue has room; a full one refuses jobs."""
    assert value <= limit


@check(redis("queue").pick("keeps_all"), severity="critical", depends_on="redis_queue_answers")
def test_redis_queue_evictions(value):
    """The queue Redis neither evicts keys nor may: an evicted key is a lost job."""
    assert value


@check(
    redis("queue").pick("rejected_connections"),
    unit="connections",
    warning=0,
    every="hourly",
    depends_on="redis_queue_answers",
)
def test_redis_rejected_connections(value, limit):
    """The queue Redis has turned nobody away for having too many connections."""
    assert value <= limit
