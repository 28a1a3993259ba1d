"""A web server on loopback that a test scripts: a function a path.

    with Server() as server:
        server.add("/a.jpg", body(b"..."))
        server.add_days([...])              the APOD service
        run("apod", "--base-url", server.url, ...)
"""
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    def __init__(self):
        self.routes, self.seen, self.times = {}, [], []
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def leave(self):
                outer.leave(self)

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # clients that go away are part of the tests

        self.httpd = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"

    def __enter__(self):
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.httpd.shutdown()
        self.httpd.server_close()

    def add(self, path, route):
        self.routes[path] = route

    def add_days(self, days):
        """Serve the APOD service: every question gets these days."""
        self.add("/planetary/apod", body(
            json.dumps(days).encode(), type="application/json"))

    def count(self, path):
        return sum(seen == path for seen in self.seen)

    def answer(self, handler):
        path = handler.path.split("?")[0]
        with self.lock:
            # Asked for before anything else: news only where there is one.
            if path != "/robots.txt" or path in self.routes:
                self.seen.append(path)
                self.times.append((path, time.monotonic()))
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            handler.counted = True
        try:
            self.routes.get(path, status(404))(handler)
        finally:
            self.leave(handler)

    def leave(self, handler):
        """A request is in flight until its answer begins: whoever has the
        answer may ask again before this thread gets to count."""
        with self.lock:
            if handler.counted:
                self.in_flight -= 1
            handler.counted = False


def body(data, type="image/jpeg", code=200, delay=0, headers=()):
    def route(handler):
        if delay:
            time.sleep(delay)
        handler.leave()
        handler.send_response(code)
        handler.send_header("Content-Type", type)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)
    return route


def held(gate, route):
    """Answer once the gate, a threading.Event, is open."""
    def wait(handler):
        gate.wait()
        route(handler)
    return wait


def meeting(server, count, route):
    """Answer nobody before so many requests have been in flight at once."""
    def wait(handler):
        while server.most_in_flight < count:
            time.sleep(0.01)
        route(handler)
    return wait


def status(code, data=b"", headers=()):
    return body(data, "text/plain", code, headers=headers)


def redirect(where):
    return status(302, headers=[("Location", where)])


def cut(data, at):
    """Promise all, send a part, hang up."""
    def route(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:at])
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True
    return route


def endless(size):
    """A body without a length that does not stop before `size`."""
    def route(handler):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        piece = b"\xff\xd8" + b"x" * 65534
        for _ in range(size // len(piece)):
            handler.wfile.write(piece)
        handler.close_connection = True
    return route


def in_turn(*routes):
    """The first request gets the first route, and so on; then the last."""
    left = list(routes)

    def route(handler):
        (left.pop(0) if len(left) > 1 else left[0])(handler)
    return route


def day(url, **fields):
    return {"date": "2024-02-03", "title": "A day", "explanation": "Words.",
            "media_type": "image", "url": url, "service_version": "v1",
            **fields}
