"""Serves one file under /WAY/NAME, in the way that the path's first part names.

whole, redirect: as asked for, with ranges. broken: the first answer ends after 500,000 bytes.
rangeless: always the whole file. slow: the beginning, and then nothing. page: a text that is no model.
held: the first answer is held after 500,000 bytes until there is a second request, and then both go on.
liar: the ranges' length is not the file's. grown: the file with a copy of its end behind it.
Prints its port; each request's range goes to standard error.
"""

import http.server
import sys
import threading

with open(sys.argv[1], "rb") as file:
    MODEL = file.read()
BREAK = 500_000


class Host(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    was_broken = False
    was_held = False
    again = threading.Event()

    def do_GET(self):
        way = self.path.split("/")[1]
        wanted = self.headers.get("Range")
        print(self.path, wanted, file=sys.stderr, flush=True)
        if way == "missing":
            return self.send_error(404)
        if way == "redirect":
            self.send_response(302)
            self.send_header("Location", "/whole/moved.gguf")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        body = {"page": b"<html>no model</html>", "grown": MODEL + MODEL[-BREAK:]}.get(way, MODEL)
        start = 0
        if wanted and way != "rangeless":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body) + (way == 'liar')}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if way == "held" and not Host.was_held:
            Host.was_held = True
            self.wfile.write(body[start : start + BREAK])
            self.wfile.flush()
            Host.again.wait()
            try:
                self.wfile.write(body[start + BREAK :])
            except OSError:
                # Nobody takes it any more, as it should be.
                self.close_connection = True
            return
        Host.again.set()
        if way in ("broken", "liar") and not Host.was_broken:
            Host.was_broken = True
            self.wfile.write(body[:BREAK])
            self.close_connection = True
        elif way == "slow":
            self.wfile.write(body[:BREAK])
            self.wfile.flush()
            # Ends when the client does.
            self.rfile.read(1)
        else:
            self.wfile.write(body[start:])

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
