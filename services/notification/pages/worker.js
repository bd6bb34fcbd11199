// Shows what was pushed: a reference, an urgency, and where a tap leads. Only links to where notices lead are followed.
self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  const shown = { tag: told.tag, lang: told.lang, data: { url: told.url }, requireInteraction: true };
  event.waitUntil(self.registration.showNotification(told.title || "Relais", shown));
});

self.addEventListener("notificationclick", (event) => {
  const url = event.notification.data?.url;
  event.notification.close();
  if (url) event.waitUntil(self.clients.openWindow(url));
});
