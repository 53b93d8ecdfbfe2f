// The page of thanks, for phones that lose the network: a press is sent from here, and kept where there is no connection.
// answer.js, which comes after it, lends what both need.
window.thanks = ({ all, post, kept, keep, drop, restore, say, question, isTouched }) => {
  function isOf(form, before) {
    return before?.pressed && before.form === form.dataset.small;
  }

  function small(form) {
    const key = new URL(form.action).pathname;
    let isSending = false, isRefused = false;
    function refuse(fields) {  // The page that comes says why.
      isRefused = true;
      restore(form, { fields });
      const names = fields.map(String);
      form.requestSubmit([...form.elements].find((one) => one.type === "submit" && names.includes(String([one.name, one.value]))));
    }
    async function send(fields) {
      isSending = true;
      try {
        const answer = await post(form, fields);
        drop(key);
        if (answer.type === "opaqueredirect") location.replace(question + "/thanks");
        else refuse(fields);
      } catch {
        keep(key, { fields, pressed: true, form: form.dataset.small });
        say(form);
        setTimeout(again, 3000);
      }
      isSending = false;
    }
    function again() {
      const waiting = kept(key);
      if (isOf(form, waiting) && !isSending && navigator.onLine) send(waiting.fields);
    }
    form.addEventListener("submit", (event) => {
      if (isRefused || !isTouched() || !event.isTrusted) return;
      event.preventDefault();
      if (!isSending) send(all(form, event.submitter));
    });
    addEventListener("online", again);
    const before = kept(key);
    if (isOf(form, before)) {
      restore(form, before);
      if (navigator.onLine) again();
      else say(form);
    }
  }

  const forms = [...document.querySelectorAll("form[data-small]")];
  // What waits here and has no place on the page any more, as where it was done from another device, is not sent.
  for (const key of [question + "/contact", question + "/favour"])
    if (question !== location.pathname && !forms.some((one) => isOf(one, kept(key)))) drop(key);
  forms.forEach(small);
};
