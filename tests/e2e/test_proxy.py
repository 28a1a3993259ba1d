#!/usr/bin/python3
"""Through proxies: they look names up, and what they refuse is told."""
import socket
import socketserver
import struct
import threading

from folders import summary
from harness import check, check_status, main, run, test
from pictures import png
from server import Server, body


class Socks(socketserver.ThreadingTCPServer):
    """SOCKS 5 (with a name and password if it is to ask for them) and 4a, to
    one server whatever the name is."""
    daemon_threads = allow_reuse_address = True

    def __init__(self, server, login=None, answer=0):
        super().__init__(("127.0.0.1", 0), Talk)
        self.target = ("127.0.0.1", server.httpd.server_port)
        self.login, self.answer, self.names = login, answer, []
        self.where = f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass  # clients that go away are part of the tests


class Talk(socketserver.BaseRequestHandler):
    def take(self, size):
        data = b""
        while len(data) < size:
            piece = self.request.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def take_text(self):
        text = b""
        while not text.endswith(b"\0"):
            text += self.take(1)
        return text[:-1].decode()

    def handle(self):
        if self.take(1) == b"\5":
            self.agree()
            self.take(3)
            kind = self.take(1)[0]
            check(kind == 3, "an address, not a name", kind)
            self.server.names.append(self.take(self.take(1)[0]).decode())
            self.take(2)
            self.request.sendall(bytes([5, self.server.answer, 0, 1]) + bytes(6))
        else:
            _, _, address = struct.unpack(">BHI", self.take(7))
            check(address < 256, "an address, not a name", address)
            self.take_text()
            self.server.names.append(self.take_text())
            self.request.sendall(bytes([0, 90 + self.server.answer]) + bytes(6))
        if self.server.answer == 0:
            self.carry()

    def agree(self):
        methods = self.take(self.take(1)[0])
        if self.server.login is None:
            self.request.sendall(b"\5\0")
            return
        check(2 in methods, "no name and password offered", methods)
        self.request.sendall(b"\5\2")
        self.take(1)
        said = tuple(self.take(self.take(1)[0]).decode() for _ in range(2))
        good = said == self.server.login
        self.request.sendall(bytes([1, 0 if good else 1]))
        if not good:
            raise EOFError

    def carry(self):
        with socket.create_connection(self.server.target) as other:
            threading.Thread(target=pump, args=(other, self.request),
                             daemon=True).start()
            pump(self.request, other)


def pump(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


NAME = "pictures.example"  # which nobody here can look up


def fetch(proxy, *more):
    return run("run", "--op", "none", f"http://{NAME}/a.png", "--proxy", proxy,
               "--fresh", "--retries", "0", "--ignore-robots", *more)


@test
def a_socks_proxy_looks_names_up_and_carries():
    with Server() as server:
        server.add("/a.png", body(png()))
        for kind in ("socks5h", "socks4a"):
            with Socks(server) as proxy:
                check_status(fetch(f"{kind}://{proxy.where}"), 0)
                check(proxy.names == [NAME], proxy.names)
        check(server.count("/a.png") == 2, server.seen)


@test
def a_socks_proxy_gets_name_and_password_and_nobody_else():
    with Server() as server:
        server.add("/a.png", body(png()))
        with Socks(server, login=("me", "SECRET31")) as proxy:
            check_status(fetch(f"socks5h://me:SECRET31@{proxy.where}"), 0)
            ended = fetch(f"socks5h://me:WRONG31@{proxy.where}")
            check_status(ended, 1)
            for text in (ended.out, ended.err, str(summary())):
                check("WRONG31" not in text, ended)


@test
def what_a_socks_proxy_refuses_is_told():
    with Server() as server, Socks(server, answer=2) as proxy:
        ended = fetch(f"socks5h://{proxy.where}")
        check_status(ended, 1)
        item = summary()["items"][0]
        check(item["class"] == "connect", item)
        check(item["reason"].startswith(
            f"the proxy 127.0.0.1 port {proxy.where.split(':')[1]} gives no "
            "connection to pictures.example"), item)
        check(not server.seen, server.seen)


@test
def what_a_proxy_says_to_connect_is_told():
    """That is how https goes through a proxy for http."""
    for code in (407, 502):
        with Server() as server:
            server.httpd.RequestHandlerClass.do_CONNECT = (
                lambda handler, code=code: handler.send_error(code))
            proxy = server.url
            ended = run("run", "--op", "none", f"https://{NAME}/a.png",
                        "--proxy", proxy, "--fresh", "--retries", "0",
                        "--ignore-robots")
        check_status(ended, 1)
        item = summary()["items"][0]
        check(item["class"] == "connect", item)
        check("the proxy" in item["reason"] and NAME in item["reason"] and
              str(code) in item["reason"], item)


@test
def a_proxy_that_is_not_there_is_called_so():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        ended = fetch(f"http://127.0.0.1:{nobody.getsockname()[1]}")
    check_status(ended, 1)
    check("could not connect to the proxy 127.0.0.1 port" in
          summary()["items"][0]["reason"], summary())


@test
def addresses_that_are_not_public_are_refused_before_the_proxy():
    with Server() as server, Socks(server) as proxy:
        ended = run("run", "--op", "none", "http://127.0.0.1/a.png", "--proxy",
                    f"socks5h://{proxy.where}")
        check_status(ended, 1)
        check(summary()["items"][0]["class"] == "refused-address", ended)
        check("🧭 this machine's and private addresses are only asked with "
              "--allow-private" in ended.out, ended)
        check(not proxy.names, proxy.names)


main()
