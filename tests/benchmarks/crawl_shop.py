"""The shop of ``bench crawl``, a process of its own: ``python -m tests.benchmarks.crawl_shop``.

Its arguments are how many products it sells and the longest side of a picture, in px.
"""

import io
import json
import random
import sys
import threading

from PIL import Image

from tests.crawlers.pieces import catalogue, pictures_by
from tests.crawlers.replicas import shopify
from tests.crawlers.shops import open_shop

# So many different pictures are drawn; each is served with a number of its own in it.
DRAWN = 200


def serve(size: int, side: int) -> None:
    """Draw pictures and serve the catalogue until the process is stopped."""
    drawn = [draw(number, side) for number in range(DRAWN)]

    def picture(number: int) -> bytes:
        # Behind the end of the image a decoder reads nothing, and the file is another.
        return drawn[number % DRAWN] + number.to_bytes(4, "big")

    with open_shop(shopify(catalogue(size)), pictures_by(picture)) as opened:
        kilobytes = round(sum(map(len, drawn)) / len(drawn) / 1000, 1)
        print(json.dumps({"url": opened.url, "kilobytes": kilobytes}), flush=True)
        threading.Event().wait()


def draw(number: int, side: int) -> bytes:
    """Return a JPEG with soft shapes and a camera's noise, as large a file as a photo's."""
    source = random.Random(number)
    width, height = side, side * 4 // 5
    shapes = Image.frombytes("RGB", (20, 16), source.randbytes(960))
    soft = shapes.resize((width, height), Image.Resampling.BICUBIC)
    noise = Image.frombytes("RGB", (width, height), source.randbytes(3 * width * height))
    data = io.BytesIO()
    Image.blend(soft, noise, 0.06).save(data, "JPEG", quality=85)
    return data.getvalue()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
