/* The player of a call's recording: a waveform for each of the two who speak, speeds, keys, and the
 * transcript in step.
 *
 * A player is the element of the macro `player` in `_player.html`; without this script its plain
 * <audio controls> remains. In step are all elements with `data-start-ms` (and `data-end-ms`) inside
 * `[data-transcript]`: the one that is being spoken has the class `is-spoken`, and a click on it
 * plays from there. The recording is downloaded once, for the picture and for the ear. */

const SKIP_SECONDS = 5;
const SPEEDS = [1, 1.5, 2];

/* A longer recording, or any while data are to be saved, is downloaded when it is to be played. */
const AT_ONCE_SECONDS = 240;

/* The page's own: a player that comes later bears that of another answer. */
const nonce = document.querySelector("[data-nonce]")?.dataset.nonce;

export class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.controls = root.querySelector("[data-controls]");
    this.button = root.querySelector("[data-play]");
    this.wave = root.querySelector("[data-wave]");
    this.time = root.querySelector("[data-time]");
    this.error = root.querySelector("[data-error]");
    this.retry = root.querySelector("[data-retry]");
    this.speeds = [...root.querySelectorAll("[data-speed]")];
    this.duration = Number(root.dataset.seconds) || 0;
    this.loading = null;
    this.surfer = null;
    this.spoken = [];
    this.begun = false; // nothing is marked before somebody listens
    this.ending = new AbortController();
    this.listen();
    this.showTime(0);
    this.findTranscript();
    this.audio.hidden = true;
    this.controls.hidden = false;
    root.classList.add("is-ready");
    if (this.duration <= AT_ONCE_SECONDS && !navigator.connection?.saveData) this.loadWhenSeen();
  }

  /* -- What can be done ------------------------------------------------------------------------- */

  async toggle() {
    if (!(await this.load())) return;
    await this.surfer.playPause().catch(() => this.fail());
  }

  async playFrom(seconds) {
    if (!(await this.load())) return;
    this.seek(seconds);
    await this.surfer.play().catch(() => this.fail());
  }

  seek(seconds) {
    this.begun = true;
    const to = Math.min(Math.max(seconds, 0), this.duration);
    this.moveTo(to);
    this.showTime(to);
  }

  /* WaveSurfer forgets a jump that follows another before that one has begun; the browser does not. */
  moveTo(seconds) {
    const media = this.surfer?.getMediaElement();
    if (media?.readyState >= HTMLMediaElement.HAVE_METADATA) media.currentTime = seconds;
    else this.surfer?.setTime(seconds);
  }

  async skip(seconds) {
    if (await this.load()) this.seek(this.surfer.getCurrentTime() + seconds);
  }

  setSpeed(speed) {
    if (!SPEEDS.includes(speed)) return;
    this.speed = speed;
    this.surfer?.setPlaybackRate(speed);
    for (const one of this.speeds) {
      one.setAttribute("aria-pressed", String(Number(one.dataset.speed) === speed));
    }
  }

  /* Lets go of everything; for a player whose element leaves the page. */
  destroy() {
    this.ending.abort();
    this.surfer?.destroy();
    this.surfer = null;
  }

  /* -- Loading ---------------------------------------------------------------------------------- */

  loadWhenSeen() {
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      this.load();
    });
    watch.observe(this.root);
    this.ending.signal.addEventListener("abort", () => watch.disconnect());
  }

  /* Returns whether the recording can be played; what has failed is tried again. */
  load() {
    this.loading ??= this.fetchAndDraw().then(
      () => true,
      () => {
        this.loading = null;
        if (!this.ending.signal.aborted) this.fail();
        return false;
      },
    );
    return this.loading;
  }

  async fetchAndDraw() {
    this.error.hidden = true;
    this.root.setAttribute("aria-busy", "true");
    try {
      const [{ default: WaveSurfer }, response] = await Promise.all([
        import(this.root.dataset.wavesurfer),
        fetch(this.root.dataset.src, { signal: this.ending.signal }),
      ]);
      if (!response.ok) throw new Error(String(response.status));
      const blob = await response.blob();
      if (this.ending.signal.aborted) throw new Error("gone");
      this.draw(WaveSurfer);
      await this.surfer.loadBlob(blob);
      this.duration = this.surfer.getDuration();
      if (this.speed) this.surfer.setPlaybackRate(this.speed);
      this.showTime(0);
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  draw(WaveSurfer) {
    this.surfer?.destroy();
    const surfer = WaveSurfer.create({
      container: this.wave,
      cspNonce: nonce,
      height: 32,
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      cursorWidth: 2,
      normalize: true,
      hideScrollbar: true,
      dragToSeek: true,
      ...this.colours(),
    });
    surfer.on("timeupdate", (seconds) => this.showTime(seconds));
    surfer.on("play", () => this.showPlaying(true));
    surfer.on("pause", () => this.showPlaying(false));
    surfer.on("finish", () => this.showPlaying(false));
    surfer.on("error", () => this.fail());
    this.surfer = surfer;
  }

  colours() {
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    const channel = (who) => ({
      waveColor: colour(`--player-${who}`),
      progressColor: colour(`--player-${who}-played`),
    });
    return {
      cursorColor: colour("--player-cursor"),
      splitChannels: [channel("caller"), channel("agent")],
    };
  }

  fail() {
    this.error.hidden = false;
    this.showPlaying(false);
  }

  /* -- Listening -------------------------------------------------------------------------------- */

  listen() {
    const options = { signal: this.ending.signal };
    this.button.addEventListener("click", () => this.toggle(), options);
    this.retry?.addEventListener("click", () => this.load(), options);
    for (const one of this.speeds) {
      one.addEventListener("click", () => this.setSpeed(Number(one.dataset.speed)), options);
    }
    this.root.addEventListener("keydown", (event) => this.onKey(event), options);
    this.wave.addEventListener("click", () => this.load(), options);
    /* Canvases keep the colours that they were drawn with. */
    const theme = new MutationObserver(() => this.surfer?.setOptions(this.colours()));
    theme.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    options.signal.addEventListener("abort", () => theme.disconnect());
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const onButton = event.target.closest("button, a, input");
    const keys = {
      /* Time runs from left to right in every language, as the waveform does. */
      ArrowLeft: () => this.skip(-SKIP_SECONDS),
      ArrowRight: () => this.skip(SKIP_SECONDS),
      Home: () => this.load().then((ready) => ready && this.seek(0)),
      End: () => this.load().then((ready) => ready && this.seek(this.duration)),
      " ": onButton ? null : () => this.toggle(),
      k: () => this.toggle(),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /* -- Showing ---------------------------------------------------------------------------------- */

  showPlaying(playing) {
    this.begun ||= playing;
    this.root.classList.toggle("is-playing", playing);
    this.button.setAttribute("aria-label", playing ? this.button.dataset.pause : this.button.dataset.playLabel);
  }

  showTime(seconds) {
    this.time.textContent = `${clock(seconds)} / ${clock(this.duration)}`;
    this.wave.setAttribute("aria-valuemax", String(Math.round(this.duration)));
    this.wave.setAttribute("aria-valuenow", String(Math.round(seconds)));
    this.wave.setAttribute("aria-valuetext", `${clock(seconds)} / ${clock(this.duration)}`);
    this.markSpoken(seconds * 1000);
  }

  /* -- The transcript --------------------------------------------------------------------------- */

  findTranscript() {
    const transcript = document.querySelector("[data-transcript]");
    if (!transcript) return;
    transcript.addEventListener(
      "click",
      (event) => {
        const said = event.target.closest("[data-start-ms]");
        if (!said || !transcript.contains(said) || window.getSelection()?.toString()) return;
        event.preventDefault();
        this.playFrom(Number(said.dataset.startMs) / 1000);
      },
      { signal: this.ending.signal },
    );
    transcript.classList.add("is-seekable");
    this.transcript = transcript;
    this.readTranscript();
  }

  /* Called again when the transcript has changed. */
  readTranscript() {
    const lines = [...this.transcript.querySelectorAll("[data-start-ms]:not(a)")];
    this.spoken = lines.map((element, at) => {
      const start = Number(element.dataset.startMs);
      const next = Number(lines[at + 1]?.dataset.startMs ?? Infinity);
      return { element, start, end: Number(element.dataset.endMs) || next };
    });
  }

  markSpoken(ms) {
    for (const { element, start, end } of this.spoken) {
      const now = this.begun && start <= ms && ms < end;
      if (element.classList.contains("is-spoken") === now) continue;
      element.classList.toggle("is-spoken", now);
      if (now) this.keepInSight(element);
    }
  }

  /* Moves only a transcript that scrolls by itself: the page stays where its reader put it. */
  keepInSight(element) {
    const box = this.transcript;
    if (!this.root.classList.contains("is-playing") || box.scrollHeight <= box.clientHeight) return;
    const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) {
      box.scrollTop += inner.top - outer.top - outer.height / 3;
    }
  }
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const players = new Map();

/* Gives every player of the page its script; again after a part of the page was exchanged. */
export function startPlayers() {
  for (const [root, player] of players) {
    if (root.isConnected) continue;
    player.destroy();
    players.delete(root);
  }
  for (const root of document.querySelectorAll("[data-player]")) {
    if (!players.has(root)) players.set(root, new Player(root));
  }
  for (const player of players.values()) {
    const transcript = document.querySelector("[data-transcript]");
    if (transcript !== player.transcript) player.findTranscript();
    else if (transcript) player.readTranscript();
  }
}

startPlayers();
document.addEventListener("htmx:afterSettle", startPlayers);
