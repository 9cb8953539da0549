"""The two Redis servers: the cache, and the queue that holds jobs."""

from fixtures import check, increase, redis


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


@check(redis("queue").pick("keeps_all"), severity="high", depends_on="redis_queue_answers")
def test_redis_queue_policy(value):
    """The queue Redis may not evict keys when it is full: an evicted key is a lost job."""
    assert value, "a full queue Redis may evict keys"


@check(
    redis("queue").pick("evicted"),
    unit="keys",
    info=0,
    depends_on="redis_queue_answers",
)
def test_redis_queue_evicted_since_start(value, limit):
    """The queue Redis has evicted nothing since its start."""
    assert value <= limit


@check(
    increase(redis("queue").pick("evicted"), of="redis_queue_evicted_since_start", hours=24),
    unit="keys",
    critical=0,
    depends_on="redis_queue_answers",
)
def test_redis_queue_evictions(value, limit):
    """The queue Redis evicted no key in 24 hours: each was a job."""
    assert value <= limit


@check(
    redis("queue").pick("rejected_connections"),
    unit="connections",
    info=100,
    every="hourly",
    depends_on="redis_queue_answers",
)
def test_redis_rejected_since_start(value, limit):
    """The queue Redis has turned few away since its start for having too many connections."""
    assert value <= limit


@check(
    increase(redis("queue").pick("rejected_connections"), of="redis_rejected_since_start", hours=24),
    unit="connections",
    warning=0,
    every="hourly",
    depends_on="redis_queue_answers",
)
def test_redis_rejected_connections(value, limit):
    """The queue Redis turned nobody away in 24 hours for having too many connections."""
    assert value <= limit
