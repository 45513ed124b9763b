/** Copies by a selection, which every browser allows, too, on a page that came over plain http. */
function copySelected(text: string, near: HTMLElement): boolean {
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.value = text;
  // Inside a modal dialog, only what is in the dialog can be selected.
  near.after(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  near.focus();
  return copied;
}

/**
 * Copies a text to the clipboard, on behalf of the control that was pressed. Resolves with whether the browser did it.
 * `navigator.clipboard` exists in secure contexts only: over https, and on localhost.
 */
export async function copyText(text: string, pressed: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, pressed);
  }
}
