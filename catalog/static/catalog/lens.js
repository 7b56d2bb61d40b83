// A picture in its place: the whole of it, or nearer, by key, click, wheel and pinch.

// Screen pixels for each of the picture's own; small pictures go beyond their own pixels.
const NEARER = [1, 2, 4, 8, 16];
const STEPS = 2, MORE = 1.2, MOVED = 4, LINE = 16;

export class Lens {
  // `told` is called with the scale in words, and whether it is nearer than the whole.
  constructor(place, told) {
    this.place = place;
    this.told = told;
    this.scale = 0; // 0: the whole picture
    place.addEventListener("click", (event) => {
      if (!event.target.matches("img")) return;
      event.preventDefault();
      if (this.moved) this.moved = false;
      else this.step([event.clientX, event.clientY]);
    });
    place.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    place.addEventListener("pointerdown", (event) => this.pressed(event));
    place.addEventListener("dragstart", (event) => event.preventDefault());
    for (const name of ["touchstart", "touchmove"]) place.addEventListener(name, (event) => this.pinched(event), { passive: false });
  }

  get image() { return this.place.querySelector("img"); }

  // The scale at which the whole picture is seen; 0 while it is not loaded.
  get whole() {
    const { naturalWidth, naturalHeight } = this.image ?? {};
    if (!naturalWidth) return 0;
    const { clientWidth, clientHeight } = this.place;
    return Math.min((clientWidth - 20) / naturalWidth, (clientHeight - 20) / naturalHeight);
  }

  // The steps that are nearer than the whole by something that can be seen.
  get steps() { return NEARER.filter((scale) => scale > this.whole * MORE).slice(0, STEPS); }

  // Go one step nearer, or back to the whole from the last.
  step(at) { this.to(this.steps.find((scale) => scale > this.scale * MORE) ?? 0, at); }

  // As `step`; what is nearer is then moved by the arrows.
  stepByKey() {
    this.step();
    if (this.scale) this.place.focus({ preventScroll: true });
  }

  // Show the picture at a scale, what is seen at the point `at` left where it is.
  to(scale, [x, y] = this.middle()) {
    const { image, place, whole } = this;
    if (!whole) return;
    const { left, top } = place.getBoundingClientRect();
    const [across, down] = this.under(x, y);
    this.scale = scale <= whole * 1.01 ? 0 : Math.min(scale, this.steps.at(-1));
    this.draw();
    if (!this.scale) return;
    place.scrollTo(
      across * image.naturalWidth * this.scale - (x - left),
      down * image.naturalHeight * this.scale - (y - top),
    );
  }

  // Show the whole picture, and forget what was seen of the one before.
  reset() { this.scale = 0; this.draw(); }

  draw() {
    const { image, place, scale } = this;
    place.classList.toggle("zoomed", scale > 0);
    if (image) image.style.width = scale ? `${Math.round(image.naturalWidth * scale)}px` : "";
    // What can be scrolled can be reached by tab.
    if (scale) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
    this.told(scale ? `${Math.round(scale * 100)} %` : "Zoom", scale > 0);
  }

  middle() {
    const { left, top, width, height } = this.place.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  }

  // Which point of the picture, in shares of it, is seen at a point of the window.
  under(x, y) {
    const { naturalWidth, naturalHeight } = this.image;
    const { left, top, width, height } = this.image.getBoundingClientRect();
    const scale = this.scale || this.whole;
    const across = (x - left - width / 2) / (naturalWidth * scale) + 0.5;
    const down = (y - top - height / 2) / (naturalHeight * scale) + 0.5;
    return [across, down].map((share) => Math.min(1, Math.max(0, share)));
  }

  wheeled(event) {
    // What is seen whole already lets the page scroll.
    if (!this.image || (!this.scale && event.deltaY > 0)) return;
    event.preventDefault();
    const turned = event.deltaY * (event.deltaMode ? LINE : 1);
    this.to((this.scale || this.whole) * Math.exp(-turned / 300), [event.clientX, event.clientY]);
  }

  // Drag what is nearer by the mouse; by touch it scrolls by itself.
  pressed(event) {
    this.moved = false;
    if (!this.scale || event.pointerType !== "mouse" || event.button !== 0 || !event.target.matches("img")) return;
    event.preventDefault();
    const { place } = this;
    const [left, top] = [place.scrollLeft + event.clientX, place.scrollTop + event.clientY];
    const move = ({ clientX, clientY }) => {
      if (Math.hypot(clientX - event.clientX, clientY - event.clientY) > MOVED) this.moved = true;
      place.classList.toggle("dragged", this.moved);
      if (this.moved) place.scrollTo(left - clientX, top - clientY);
    };
    const end = () => {
      place.classList.remove("dragged");
      window.removeEventListener("pointermove", move);
    };
    window.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, end, { once: true });
  }

  pinched(event) {
    if (event.touches.length !== 2 || !this.image) return;
    event.preventDefault();
    const [one, other] = event.touches;
    const apart = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    if (event.type === "touchstart") this.pinch = { apart, scale: this.scale || this.whole };
    else this.to(this.pinch.scale * (apart / this.pinch.apart), [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2]);
  }
}
