"""What museums' open APIs speak, of a catalogue made up here."""

import re

from tests.crawlers.pieces import Catalogue
from tests.crawlers.shops import Answer, Asked, Speaker


def artic(pieces: Catalogue) -> Speaker:
    """Speak as the Art Institute of Chicago: each third work is not in the public domain."""

    def speak(asked: Asked) -> Answer | None:
        if asked.path != "/api/v1/artworks":
            return None
        limit, page = asked.number("limit", 12), asked.number("page", 1)
        shown = pieces[(page - 1) * limit : page * limit]
        pages = -(-len(pieces) // limit)
        follows = f"https://api.artic.edu/api/v1/artworks?page={page + 1}"
        return Answer.of(
            {
                "pagination": {
                    "total": len(pieces),
                    "limit": limit,
                    "total_pages": pages,
                    "current_page": page,
                    "next_url": follows if page < pages else None,
                },
                "data": [
                    {
                        "id": piece.number,
                        "title": piece.title,
                        "is_public_domain": piece.number % 3 != 0,
                        "image_id": f"image-{piece.number}",
                    }
                    for piece in shown
                ],
                "config": {"iiif_url": f"{asked.root}/iiif/2"},
            }
        )

    return speak


def met(pieces: Catalogue) -> Speaker:
    """Speak as the Metropolitan Museum: each third object has no picture."""

    def speak(asked: Asked) -> Answer | None:
        root = "/public/collection/v1"
        if asked.path in (f"{root}/objects", f"{root}/search"):
            return Answer.of({"total": len(pieces), "objectIDs": [p.number for p in pieces]})
        found = re.fullmatch(rf"{root}/objects/(\d+)", asked.path)
        if not found or int(found.group(1)) not in {piece.number for piece in pieces}:
            return None
        number = int(found.group(1))
        return Answer.of(
            {
                "objectID": number,
                "isPublicDomain": True,
                "primaryImage": f"{asked.root}/pictures/{number}-0.jpg" if number % 3 else "",
                "additionalImages": [],
                "title": f"Piece {number}",
                "objectURL": f"https://www.metmuseum.org/art/collection/search/{number}",
            }
        )

    return speak


def cleveland(pieces: Catalogue) -> Speaker:
    """Speak as the Cleveland Museum of Art."""

    def speak(asked: Asked) -> Answer | None:
        if asked.path.rstrip("/") != "/api/artworks":
            return None
        start = asked.number("skip", 0)
        shown = pieces[start : start + asked.number("limit", 1000)]
        return Answer.of(
            {
                "info": {"total": len(pieces)},
                "data": [
                    {
                        "id": piece.number,
                        "title": piece.title,
                        "share_license_status": "CC0",
                        "url": f"https://clevelandart.org/art/{piece.number}",
                        "images": {"web": {"url": piece.images(asked)[0]}},
                    }
                    for piece in shown
                ],
            }
        )

    return speak
