// Buttons that copy what stands in the field before them. Where nothing can be copied (plain http)
// there are none, and the field is there to select from.

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copies-before]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.value);
      button.textContent = button.dataset.done;
    });
  }
}
