"""The player on a page with nothing else, which writes down what it does."""

PLAYS = "player.picture?.hasFailed === false && player.video.currentTime > 0"
PLAY = """async ([name, sources]) => {
    const { Player } = await import("/static/js/player.js");
    const log = { events: [], longest: 0, tag: null, waits: 0 };
    const player = new Player(
        document.getElementById("screen"),
        { hls: "/static/vendor/hls-1.7.4.min.mjs", worker: "/static/vendor/hls-1.7.4.worker.mjs" },
        {
            onOpen: (source) => { log.tag = source.tag; },
            onMuted() {}, onWeak() {}, onLevels() {},
            onWaiting: () => { log.waits += 1; },
            onTrouble: (source, why) => log.events.push(`${source.tag}: ${why}`),
            onFailed: (why) => {
                log.events.push(`all: ${why}`);
                setTimeout(() => player.play(sources), 1000 * Math.random());
            },
        },
    );
    let seen = "", at = performance.now();
    setInterval(() => {
        const { video } = player;
        const now = performance.now();
        const frame = video ? `${log.tag} ${video.currentTime}` : "";
        if (frame !== seen) {
            seen = frame;
            at = now;
        } else if (seen !== "") {
            log.longest = Math.max(log.longest, (now - at) / 1000);
        }
    }, 30);
    player.play(sources);
    Object.assign(window, { player, log });
}"""


def open_player(browser, url, name, tags):
    page = browser.new_page()
    page.goto(f"{url}/page/")
    sources = [
        {
            "tag": tag,
            "player": "video",
            "url": f"{url}/{name}{tag}/{tag}/index.m3u8",
            "captions": None,
            "language": "",
        }
        for tag in tags
    ]
    page.evaluate(PLAY, [name, sources])
    return page
