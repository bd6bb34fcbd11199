// Subscribes this device, and shows what the roster needs of it. Nothing is sent to any server of ours.
const button = document.getElementById("subscribe");
const status = document.getElementById("status");

function bytes(text) {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

async function subscribe() {
  await navigator.serviceWorker.register("/push/worker.js", { scope: "/push/" });
  const worker = await navigator.serviceWorker.getRegistration("/push/");
  if ((await Notification.requestPermission()) !== "granted") {
    status.textContent = "Les notifications sont refusées : autorisez-les dans les réglages du navigateur.";
    return;
  }
  const options = { userVisibleOnly: true, applicationServerKey: bytes(button.dataset.key) };
  const subscription = await worker.pushManager.subscribe(options);
  document.getElementById("subscription").value = JSON.stringify(subscription);
  document.getElementById("result").hidden = false;
  status.textContent = "Cet appareil est abonné.";
}

if (button && !("serviceWorker" in navigator && "PushManager" in window)) {
  button.disabled = true;
  status.textContent = "Ce navigateur ne sait pas recevoir d’avis.";
}
button?.addEventListener("click", () => {
  subscribe().catch(() => {
    status.textContent = "Le service de notifications du navigateur ne répond pas : réessayez plus tard.";
  });
});
