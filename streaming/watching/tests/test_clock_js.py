"""static/js/clock.js: what a page knows of the server's time, whatever its device says."""

import base64

import pytest
from django.conf import settings

from tools.browser import chromium, chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

# A page that asks every 2.3 s or so and is answered within 80 ms, on a device that is `wrong` seconds
# off: how far off its clock is then. `set` seconds are added to the server's clock in the middle.
# It opens `phase` of a second after a full one, which is all that the time of the day can change.
ASK = """async ([module, wrong, set, old, phase]) => {
    const began = 1_800_000_000 + phase;
    Object.defineProperty(performance, "timeOrigin", { value: 1000 * began });
    let [passed, server] = [0, began - wrong];
    performance.now = () => passed * 1000;
    Date.now = () => 1000 * (began + passed);
    const { now, learnFrom } = await import(module);
    const dateAt = (at) => new Date(1000 * Math.floor(at)).toUTCString();
    const offs = [];
    for (let poll = 0; poll < 40; poll += 1) {
        server += poll === 20 ? set : 0;
        passed += 2 + (poll * 0.37) % 1;
        const asked = now();
        const age = old.includes(poll) ? 2 : 0;
        const headers = new Headers({ Date: dateAt(server + passed + 0.04 - age) });
        passed += 0.08;
        learnFrom({ headers }, asked);
        offs.push(Math.abs(now() - (server + passed)));
    }
    return offs;
}"""


@pytest.fixture(scope="module")
def offs():
    source = (settings.BASE_DIR / "static/js/clock.js").read_bytes()
    module = f"data:text/javascript;base64,{base64.b64encode(source).decode()}"
    with chromium() as browser:

        def ask(wrong=0.0, set=0.0, old=(), phase=0.0):
            page = browser.new_page()
            found = page.evaluate(ASK, [module, wrong, set, list(old), phase])
            page.close()
            return found

        yield ask


def test_a_right_clock_is_left_alone(offs):
    assert max(offs()) == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize("phase", [0.05, 0.3, 0.55, 0.8])
@pytest.mark.parametrize("wrong", [-3600, -1.4, 1.4, 3600])
def test_a_wrong_clock_is_put_right_to_a_fraction_of_a_second(offs, wrong, phase):
    found = offs(wrong, phase=phase)
    assert max(found) <= 1.1
    assert found[-1] <= 0.2


@pytest.mark.parametrize("set", [-90, 90])
def test_the_servers_clock_may_be_set(offs, set):
    assert offs(set=set)[-1] <= 0.25


def test_an_answer_that_somebody_has_kept_does_not_disturb(offs):
    assert max(offs(old=[5, 6, 25])) == pytest.approx(0, abs=0.001)
