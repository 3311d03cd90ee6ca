// Takes what has changed into the page, and shows instants by the reader's clock.
"use strict";

(() => {
  const language = document.documentElement.lang === "nl" ? "nl-BE" : "en-GB";
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });

  function showTimes(within) {
    for (const element of within.querySelectorAll("time")) {
      const at = new Date(element.dateTime);
      const today = at.toDateString() === new Date().toDateString();
      element.textContent = today ? time.format(at) : `${day.format(at)} ${time.format(at)}`;
    }
  }

  showTimes(document);
  const live = document.getElementById("live");
  if (!live) return;

  const source = new EventSource(live.dataset.live);
  source.onmessage = (event) => {
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    live.innerHTML = event.data;
    showTimes(live);
    if (focused) document.getElementById(focused)?.focus();
    document.body.classList.remove("stale");
  };
  source.onerror = () => {
    document.body.classList.add("stale");
    // The host has said no: the session may be over. The page says so once the host answers.
    if (source.readyState === EventSource.CLOSED) setInterval(reload, 5000);
  };

  function reload() {
    fetch("/healthz").then((answer) => answer.ok && location.reload(), () => {});
  }
})();
