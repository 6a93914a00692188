"""Made-up conversations, for a first look."""
import subprocess
import unittest

from pipeline import PROGRAM, Pipeline, until


class Demo(unittest.TestCase):
    def demo(self, *words, **settings):
        return subprocess.run([str(PROGRAM), "demo", *words], capture_output=True, text=True, timeout=60,
                              env={**self.pipeline.environment, **settings})

    def test_a_first_visit_shows_something(self):
        with Pipeline(EVENT_NAMES="question,answer,rating") as self.pipeline:
            done = self.demo("--events", "3000", "--days=10")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            client = self.pipeline.client()
            until(lambda: sum(row["count"] for row in client.get("/event-names").data) == 3000, 30, "all events")
            answer = client.post(b'{"measures":["count","error_rate","actors"],"breakdown":["metadata.model"],"interval":"none",'
                                 b'"from":"2000-01-01T00:00:00Z","to":"2100-01-01T00:00:00Z"}', "/query/segmentation")
            self.assertEqual({group["key"][0] for group in answer.data["groups"]}, {"small", "large", "preview"})
            self.assertTrue(all(0 < group["total"]["error_rate"] < 0.5 for group in answer.data["groups"]))
            for words in (["--events", "0"], ["--days", "x"], ["--events"], ["now"]):
                self.assertEqual(self.demo(*words).returncode, 64, words)
            self.assertEqual(self.demo(API_PORT="1").returncode, 1)
            client.drop()


if __name__ == "__main__":
    unittest.main()
