"""What a page becomes in a browser that may not reach any network."""
import os
import shutil
import subprocess

from harness import SCALE, Skip, check


def render(page, size="1200,1600", picture="page.png"):
    """Draw the page into a picture; return the document as it then is."""
    browser = shutil.which("chromium")
    if not browser:
        raise Skip("chromium is not installed")
    ended = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-quic",
         f"--user-data-dir={os.getcwd()}/profile", f"--window-size={size}",
         f"--screenshot={os.path.abspath(picture)}", "--dump-dom",
         "file://" + os.path.abspath(page)], capture_output=True,
        timeout=60 * SCALE)
    check(ended.returncode == 0, ended.stderr)
    return ended.stdout.decode()
