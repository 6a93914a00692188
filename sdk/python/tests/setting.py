"""What the tests share: the package from its source, and a pipeline that runs."""
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
for folder in (ROOT / "Tests/Contract", PACKAGE / "src"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from pipeline import Pipeline, free_port, shared, until  # noqa: E402

__all__ = ["PACKAGE", "ROOT", "Pipeline", "base_url", "free_port", "shared", "until"]


def base_url():
    return f"http://127.0.0.1:{shared().port}"
