"""The pages in a browser: what they show, and that they break no rule on the way."""
import hashlib
import json
import os
import unittest
import uuid
from datetime import datetime, timedelta, timezone

from api import API
from browser import Browser
from case import ContractCase
from pipeline import Pipeline, until

PAGES = ("overview", "live", "conversations", "segmentation", "funnel", "retention", "flows", "similar", "pipeline")
MARKUP = "<img src=x onerror=\"document.title='broken'\"><b>bold</b>"

# The page has loaded, and nothing loads any more.
SETTLED = "document.querySelector('.page') && !document.querySelector('[aria-busy]') && !document.querySelector('.waiting')"

# What has no name for those who hear pages.
NAMELESS = """[...document.querySelectorAll('a, button, input, select, textarea, canvas, svg[role], [role=region]')].filter((one) =>
  one.offsetParent !== null && !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim() || one.title
  || one.querySelector('img[alt]:not([alt=\"\"])'))).map((one) => one.outerHTML.slice(0, 200))"""

# Texts whose contrast with what is behind them is below 4.5.
PALE = """(() => {
  const parse = (text) => { const parts = text.match(/[\\d.]+/g).map(Number); return [parts[0], parts[1], parts[2], parts[3] ?? 1]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((base, layer) => base.map((v, i) => v * (1 - layer[3]) + layer[i] * layer[3]), [255, 255, 255]);
  };
  const pale = [];
  for (const one of document.querySelectorAll('body *')) {
    const hasText = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || one.offsetParent === null || one.closest('svg, noscript, option')) continue;
    const ground = behind(one);
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) pale.push(`${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)} ${contrast.toFixed(2)}`);
  }
  return pale;
})()"""


class Pages(ContractCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = Pipeline().start()
        cls.addClassCleanup(cls.pipeline.__exit__)
        cls.seed(cls.pipeline.client())
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.client = self.pipeline.client()
        self.addCleanup(self.client.drop)
        self.browser.complaints.clear()
        self.browser.size(1440)

    @classmethod
    def seed(cls, client):
        now = datetime.now(timezone.utc)
        batch = []
        for number in range(60):
            for step, name in enumerate(("event_a", "event_b", "event_c")[: 1 + number % 3]):
                batch.append({
                    "id": str(uuid.uuid4()), "conversation_id": f"{MARKUP} {number}", "event_name": name, "latency": 100 + number,
                    "error": f"{MARKUP} broke" if number % 5 == 0 else "", "input": f"{MARKUP} question {number}", "output": MARKUP,
                    "conversation_metadata": json.dumps({"model": MARKUP, "plan": "pro"}), "input_embeddings": [1, number, 2],
                    "created_at": (now - timedelta(hours=2 * number, seconds=-step)).isoformat(timespec="milliseconds"),
                })
        cls.events = batch
        assert client.post(json.dumps(batch).encode(), "/events/batch").status == 202
        until(lambda: sum(row["count"] for row in client.get("/event-names").data) == len(batch), 30, "the events")

    def open(self, page, query=""):
        self.browser.open(f"http://127.0.0.1:{self.pipeline.port}/#/{page}{query}")
        self.browser.until(f"document.querySelector('.page')?.dataset.page === '{page}'")
        # A page may begin to load once it knows what to ask.
        self.browser.run("new Promise((done) => setTimeout(done, 100))")
        self.browser.until(SETTLED)

    def fine(self, where):
        """Nothing broke, everything has a name, nothing is pale or wider than the page."""
        self.browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.assertEqual(self.browser.complaints, [], where)
        self.assertEqual(self.browser.run(NAMELESS), [], where)
        self.assertEqual(self.browser.run(PALE), [], where)
        self.assertLessEqual(*self.browser.run("[document.documentElement.scrollWidth, document.documentElement.clientWidth]"), where)
        self.assertEqual(self.browser.run("document.querySelectorAll('main img, main b').length"), 0, where)
        self.assertNotEqual(self.browser.run("document.title"), "broken", where)
        if os.environ.get("PICTURES"):
            self.browser.picture(f"{os.environ['PICTURES']}/{where}.png")

    def test_each_page_in_both_themes_wide_and_narrow(self):
        queries = {"similar": f"?id={self.events[0]['id']}", "segmentation": "?by=metadata.model", "flows": "?before=2"}
        for theme in ("light", "dark"):
            self.browser.theme(theme)
            for width in (1440, 390):
                self.browser.size(width)
                for page in PAGES:
                    self.open(page, queries.get(page, ""))
                    self.assertEqual(self.browser.run("document.querySelectorAll('.failed').length"), 0, page)
                    self.fine(f"{page}-{theme}-{width}")

    def test_figures_are_those_of_the_api(self):
        self.open("overview")
        shown = self.browser.run("[...document.querySelectorAll('.tile')].map((tile) => tile.innerText.split('\\n')).map(([title, value]) => [title, value])")
        figures = dict(shown)
        self.assertEqual(figures["Events"], str(len(self.events)))
        self.assertEqual(figures["Active conversations"], "60")
        self.assertEqual(self.browser.run("document.querySelectorAll('canvas').length"), 4)

    def test_the_address_holds_the_question(self):
        self.open("segmentation")
        self.browser.run("""(() => { const box = [...document.querySelectorAll('label')].find((one) => one.textContent === 'Break down by').control;
            box.value = 'event_name'; box.dispatchEvent(new Event('change')); })()""")
        self.browser.until("location.hash.includes('by=event_name')")
        self.browser.until(SETTLED)
        names = self.browser.until("[...document.querySelectorAll('tbody tr td:first-child')].map((cell) => cell.textContent)")
        self.assertEqual(sorted(names), ["event_a", "event_b", "event_c"])
        address = self.browser.run("location.href")
        self.browser.open(address)
        self.browser.until("document.querySelectorAll('tbody tr').length === 3")
        self.fine("address")

    def test_a_conversation_is_shown_as_text(self):
        self.open("conversations")
        self.browser.run("document.querySelector('tbody a').click()")
        self.browser.until("document.querySelectorAll('.turn').length > 0")
        self.browser.until(SETTLED)
        self.assertIn(MARKUP, self.browser.run("document.querySelector('.turn pre').textContent"))
        self.browser.run("[...document.querySelectorAll('.turn button')].find((one) => one.textContent.startsWith('Similar')).click()")
        self.browser.until("document.querySelectorAll('.near li').length === 5")
        self.fine("conversation")

    def test_a_funnel_is_built_step_by_step(self):
        self.open("funnel", '?steps=[{"name":"event_a"},{"name":"event_b"}]')
        self.browser.until("document.querySelectorAll('.step').length === 2")
        self.browser.run("[...document.querySelectorAll('button')].find((one) => one.textContent === '+ Step').click()")
        self.browser.until("document.querySelectorAll('.step').length === 3")
        self.browser.run("(() => { const box = document.querySelectorAll('.step')[2].querySelector('input'); box.value = 'event_c'; box.dispatchEvent(new Event('change')); })()")
        self.browser.until("location.hash.includes('event_c')")
        self.browser.until(SETTLED)
        self.browser.until("document.querySelectorAll('tbody tr').length === 3")
        reached = self.browser.run("[...document.querySelectorAll('tbody tr')].map((row) => row.children[1].textContent)")
        self.assertEqual(reached, ["60", "40", "20"])
        self.browser.run("[...document.querySelectorAll('tbody button')].find((one) => one.textContent === 'stopped there').click()")
        self.browser.until("document.querySelectorAll('.table').length === 2")
        self.fine("funnel")

    def test_the_keyboard_stays_at_the_control_that_changed(self):
        for page, label in (("segmentation", "Interval"), ("flows", "Steps after"), ("funnel", "Step 2")):
            self.open(page, '?steps=[{"name":"event_a"},{"name":"event_b"}]' if page == "funnel" else "")
            before = self.browser.run("location.hash")
            self.browser.run(f"""(() => {{ const box = [...document.querySelectorAll('label')].find((one) => one.textContent === '{label}').control;
                box.focus(); box.value = box.tagName === 'SELECT' ? box.options[3].value : 'event_c'; box.dispatchEvent(new Event('change')); window.was = box; }})()""")
            self.browser.until(f"location.hash !== {json.dumps(before)} && !window.was.isConnected")
            self.browser.until(f"document.activeElement?.labels?.[0]?.textContent === '{label}'")
            self.browser.until(SETTLED)
            self.fine(f"focus-{page}")

    def test_a_question_is_saved_and_found_again(self):
        self.open("retention", "?interval=week")
        self.browser.run("""(() => { document.querySelector('.saved').open = true; const form = document.querySelector('.saved form');
            form.querySelector('input').value = 'weekly'; form.requestSubmit(); })()""")
        self.browser.until("[...document.querySelectorAll('.reports a')].some((one) => one.textContent === 'weekly')")
        self.open("retention")
        self.browser.run("document.querySelector('.saved').open = true")
        self.browser.until("document.querySelector('.reports a') !== null")
        self.browser.run("document.querySelector('.reports a').click()")
        self.browser.until("location.hash.includes('interval=week')")
        self.fine("saved")

    def test_live_events_appear(self):
        self.open("live")
        self.browser.until("document.querySelector('[role=status]').textContent.startsWith('Connected')")
        self.create(conversation_id=MARKUP, input=MARKUP)
        self.browser.until("document.querySelectorAll('.live li').length > 0")
        self.assertIn("<b>bold</b>", self.browser.run("document.querySelector('.live li').innerText"))
        self.fine("live")

    def test_what_failed_says_why_and_can_be_tried_again(self):
        self.open("segmentation", "?by=latency")
        self.assertIn("breakdown[0]", self.browser.until("document.querySelector('.failed')?.innerText"))
        self.assertEqual(self.browser.run("document.querySelector('.failed button').textContent"), "Try again")

    def test_a_key_is_asked_for_where_one_is_needed(self):
        digest = hashlib.sha256(b"key-of-the-page").hexdigest()
        with self.at_own_api(API_KEYS=f"page:admin:{digest}") as api:
            self.browser.open(f"http://127.0.0.1:{api.port}/")
            self.browser.until("document.getElementById('login')?.open")
            self.browser.run("(() => { const form = document.querySelector('dialog form'); form.querySelector('input').value = 'key-of-the-page'; form.requestSubmit(); })()")
            self.browser.until("document.querySelectorAll('.tile').length >= 4")
            self.assertIsNone(self.browser.run("localStorage.getItem('api-key')"))

    def at_own_api(self, **settings):
        return API(self.pipeline, **settings)

    def test_the_description_is_shown(self):
        self.browser.open(f"http://127.0.0.1:{self.pipeline.port}/docs")
        self.browser.until("document.querySelectorAll('.opblock').length > 20")
        self.assertEqual(self.browser.complaints, [])


if __name__ == "__main__":
    unittest.main()
