"""Find the microdata items of a web page, in the shape of JSON-LD nodes.

Values are those of https://html.spec.whatwg.org/multipage/microdata.html#values, but for "content",
which shops write on any element.
"""

from typing import Any

from lxml import etree

from crawlers.parsers.jsonld import Node

# Nested properties share their texts, and items may refer to all of a page: no honest page needs
# more steps than this, and a hostile one gets no more.
_MOST_STEPS = 500_000
_MOST_OWNERS = 100
_MOST_ITEMS = 20_000
_ADDRESS_OF = {
    "a": "href",
    "area": "href",
    "link": "href",
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "source": "src",
    "track": "src",
    "video": "src",
    "object": "data",
}
_VALUE_OF = {"data": "value", "meter": "value", "time": "datetime"}
_UNSEEN = ("script", "style", "template", "noscript")


def microdata_nodes(tree: etree._Element) -> list[Node]:
    """Return the items that are no property of another, in document order.

    "@type" lists the local names of its types; a property is a list of texts and of items. What
    itemref names is added to its item; at most 20,000 items are read.
    """
    return _Items(tree).outermost()


class _Items:
    """The items of one page while their properties are gathered."""

    def __init__(self, tree: etree._Element) -> None:
        self.steps = _MOST_STEPS
        self.nodes: dict[etree._Element, Node] = {}
        self.nested: set[etree._Element] = set()
        for element in tree.iter():
            if element.get("itemscope") is not None and len(self.nodes) < _MOST_ITEMS:
                types = (element.get("itemtype") or "").split()
                self.nodes[element] = {
                    "@type": [name.rstrip("/#").rpartition("/")[2] for name in types]
                }
        if self.nodes:
            self._gather(tree, None)
            self._follow_references(tree)

    def outermost(self) -> list[Node]:
        return [node for element, node in self.nodes.items() if element not in self.nested]

    def _gather(self, start: etree._Element, owner: etree._Element | None) -> None:
        """Give each property in start to the item around it; those around none to owner."""
        waiting: list[tuple[etree._Element, etree._Element | None]] = [(start, owner)]
        while waiting and self.steps > 0:
            self.steps -= 1
            element, item = waiting.pop()
            names = (element.get("itemprop") or "").split()[:10]
            if names and item is not None:
                value = self.nodes.get(element) or self._value(element)
                if element in self.nodes:
                    self.nested.add(element)
                for name in names:
                    self.nodes[item].setdefault(name, []).append(value)
            if element not in self.nodes:
                around = item
            elif owner is None:
                around = element
            elif element is start and not names:
                # An item of its own whose properties are another's too.
                around = owner
            else:
                continue
            waiting.extend((child, around) for child in reversed(element))

    def _follow_references(self, tree: etree._Element) -> None:
        owners = [element for element in self.nodes if element.get("itemref")][:_MOST_OWNERS]
        if not owners:
            return
        named: dict[str, etree._Element] = {}
        for element in tree.iter():
            if name := element.get("id"):
                named.setdefault(name, element)
        for owner in owners:
            for name in dict.fromkeys((owner.get("itemref") or "").split()):
                target = named.get(name)
                if target is not None and not _holds(owner, target) and not _holds(target, owner):
                    self._gather(target, owner)

    def _value(self, element: etree._Element) -> str:
        if element.tag == "meta" or element.get("content"):
            return element.get("content") or ""
        if attribute := _ADDRESS_OF.get(str(element.tag)):
            return element.get(attribute) or element.get("data-src") or ""
        attribute = _VALUE_OF.get(str(element.tag), "content")
        return element.get(attribute) or self._text(element)

    def _text(self, element: etree._Element) -> str:
        texts: list[str] = []
        waiting: list[Any] = [element]
        while waiting and self.steps > 0:
            self.steps -= 1
            part = waiting.pop()
            if isinstance(part, str):
                texts.append(part)
            elif part.tag not in _UNSEEN:
                for child in reversed(part):
                    waiting += [child.tail or "", child]
                texts.append(part.text or "")
        return " ".join(texts)


def _holds(outer: etree._Element, inner: etree._Element) -> bool:
    return outer is inner or any(above is outer for above in inner.iterancestors())
