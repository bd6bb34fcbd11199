// The fragment of an address is sent to no server: it is put into the form here, and out of the browser's history.
const reference = location.hash.slice(1);
if (reference) {
  document.getElementById("link").value = reference;
  history.replaceState(null, "", location.pathname);
}
