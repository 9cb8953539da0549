"""Whatever stands in a host's place is refused, or goes to one host only, however often it is read."""

from re import fullmatch
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis.strategies import text

from fixtures.names import NoHost, addressed, normal
from tests.properties.profile import share


@share(5)
@given(text(alphabet="ab.%@:/\\?#[]\uff11\uff05\uff0e\uff0f\u3002ü\t\n 023", max_size=20))
def test_what_is_taken_has_no_sign_in_its_host_that_is_none(name):
    try:
        sent = normal(f"https://{name}")
    except NoHost:
        return
    assert urlsplit(sent).hostname == addressed(sent).host
    assert fullmatch(r"[a-z0-9_.-]+|[0-9a-f:.]+(%[A-Za-z0-9._-]+)?", addressed(sent).host)
    assert normal(sent) == sent
