"""A browser for tests without a browser: cookies per host, redirects from host to host."""

import re
from html import unescape
from urllib.parse import urlsplit

from django.test import Client


class Browser:
    """`get` and `post` take absolute addresses and follow redirects; `url` and `page` say where it ended up."""

    def __init__(self, **headers):
        self.clients, self.headers, self.trail = {}, headers, []

    def at(self, host):
        if host not in self.clients:
            self.clients[host] = Client(
                SERVER_NAME=host.partition(":")[0], HTTP_HOST=host, HTTP_USER_AGENT="Test browser", **self.headers
            )
        return self.clients[host]

    def get(self, url, *, follow=True):
        return self._go("get", url, None, follow)

    def post(self, url, data=None, *, follow=True):
        return self._go("post", url, data, follow)

    def _go(self, method, url, data, follow):
        for _ in range(12):
            parts = urlsplit(url)
            client = self.at(parts.netloc)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            response = client.post(path, data or {}) if method == "post" else client.get(path)
            self.url, self.trail = url, [*self.trail, url]
            if not follow or response.status_code not in (301, 302, 303):
                self.page = response.content.decode(errors="replace")
                return response
            location = response["Location"]
            url = location if "://" in location else f"{parts.scheme}://{parts.netloc}{location}"
            method, data = "get", None
        raise AssertionError(f"Too many redirects: {self.trail[-5:]}")

    @property
    def text(self):
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page)).split())
