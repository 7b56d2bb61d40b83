// How far it is, as the panel of the page shows it: speed, days, labels, people.

import { by, element } from "./shared.js";

const SVG = "http://www.w3.org/2000/svg";

export function draw(answer, labels) {
  const facts = [answer.seconds === null ? "Your speed shows after your first labels" : `You take ${answer.seconds.toFixed(1)} s a picture`];
  if (answer.repeats) facts.push(`you said the same on ${answer.alike} of ${answer.repeats} shown again`);
  by("stats").replaceChildren(
    element("p", {}, `${facts.join("; ")}.`),
    element("h2", {}, `Your labels a day, last ${answer.days.length} days`),
    days(answer.days),
    ...table("By label", labels.map((label) => [label.name, answer.labels[label.id] ?? 0])),
    ...table("By person", Object.entries(answer.people)),
  );
}

function table(name, counts) {
  if (!counts.length) return [];
  const rows = counts.map(([what, count]) => element("tr", {},
    element("th", { scope: "row" }, what), element("td", {}, count.toLocaleString("en"))));
  return [element("h2", {}, name), element("table", {}, element("tbody", {}, ...rows))];
}

function days(counted) {
  const most = Math.max(1, ...counted.map(([, count]) => count));
  const drawn = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const bars = counted.map(([day, count], place) => {
    const height = count ? Math.max(2, (count / most) * 40) : 0.5;
    return drawn("rect", { x: place * 10, y: 40 - height, width: 8, height }, drawn("title", {}, `${day}: ${count}`));
  });
  const says = `Your labels a day, oldest first: ${counted.map(([, count]) => count).join(", ")}`;
  return drawn("svg", { viewBox: `0 0 ${counted.length * 10} 40`, preserveAspectRatio: "none", role: "img", "aria-label": says }, ...bars);
}
