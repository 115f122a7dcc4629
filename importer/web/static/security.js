// Exchanges the code behind the # of the address for a session; the code leaves the address bar at once.
"use strict";

(() => {
  const form = document.getElementById("enter-form");
  const code = location.hash.slice(1);
  if (!form || !code) return;
  history.replaceState(null, "", location.pathname);
  form.elements.namedItem("token").value = code;
  form.submit();
})();
