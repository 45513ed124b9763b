import type { ReactNode } from 'react';

/** Returns an icon of 16 by 16 pixels in the text colour. Screen readers ignore it. */
function icon(drawing: ReactNode) {
  return function Icon() {
    return (
      <svg
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {drawing}
      </svg>
    );
  };
}

export const MoreIcon = icon(<path d="M3 8h.01M8 8h.01M13 8h.01" strokeWidth="2.2" />);
export const TrashIcon = icon(<path d="M2.5 4.5h11M6.5 4V2.5h3V4M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4" />);
export const EditIcon = icon(<path d="m3 13 .6-3L11 2.6l2.4 2.4L6 12.4zM9.4 4.2l2.4 2.4" />);
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />);
export const CopyIcon = icon(<path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />);
export const CheckIcon = icon(<path d="M3 8.5 6.5 12 13 4.5" />);
export const CrossIcon = icon(<path d="m4 4 8 8M12 4l-8 8" />);
export const WarningIcon = icon(<path d="M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.7h.01" />);
export const ColumnsIcon = icon(<path d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10" />);
export const UpIcon = icon(<path d="M8 13V3.5M4 7l4-4 4 4" />);
export const DownIcon = icon(<path d="M8 3v9.5M4 9l4 4 4-4" />);

/** The logo of Postern. */
export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M9 25V15a7 7 0 0 1 14 0v10h-4.5v-9.2a2.5 2.5 0 0 0-5 0V25z" fill="var(--on-accent)" />
    </svg>
  );
}
