"""A browser that speaks to the WSGI application and costs next to nothing itself."""

import io
import re
import sys
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

from django.core.handlers.wsgi import WSGIHandler


@dataclass
class Answer:
    url: str
    status: int
    location: str
    body: str


application = WSGIHandler()


class Straight:
    def __init__(self):
        self.cookies = {}

    def get(self, url):
        return self._ask("GET", url)

    def post(self, answer, fields):
        """Send the form of a page that was got."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.body).group(1)
        return self._ask("POST", answer.url, urlencode({**fields, "csrfmiddlewaretoken": token}).encode())

    def drain(self, url):
        """(bytes, lines) of an answer that is too large to keep."""
        response, got = self._send("GET", url, b"")
        size = lines = 0
        for part in response:
            size, lines = size + len(part), lines + part.count(b"\n")
        response.close()
        assert got["s"].startswith("200"), got["s"]
        return size, lines

    def _ask(self, method, url, body=b""):
        response, got = self._send(method, url, body)
        text = b"".join(response).decode()
        response.close()
        jar = self.cookies[urlsplit(url).netloc]
        for name, value in got["h"]:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                jar[key] = rest.partition(";")[0]
        location = urljoin(url, dict(got["h"]).get("Location", ""))
        return Answer(url, int(got["s"].split()[0]), location, text)

    def _send(self, method, url, body):
        parts, got = urlsplit(url), {}
        jar = self.cookies.setdefault(parts.netloc, {})
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": parts.path, "QUERY_STRING": parts.query,
            "SERVER_NAME": parts.hostname, "SERVER_PORT": str(parts.port), "HTTP_HOST": parts.netloc,
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in jar.items()),
            "HTTP_ORIGIN": f"{parts.scheme}://{parts.netloc}", "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": parts.scheme, "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        response = application(environ, lambda status, headers, error=None: got.update(s=status, h=headers))
        return response, got
