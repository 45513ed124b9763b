import { useEffect } from 'react';
import type { AnyVariables, UseMutationResponse } from 'urql';
import { UNANSWERED } from '../api/errors.ts';
import { describeFormError, type FormErrors } from '../api/form-errors.ts';
import { useAnnounce } from './announcer.tsx';

/** Moves the focus to the first field that the server rejected: it can be out of view. */
function focusInvalid(): void {
  const form = document.querySelector('dialog[open]') ?? document;
  form.querySelector<HTMLElement>('[aria-invalid]')?.focus();
}

/** The state of a mutation that a form or button sends. */
export interface Submission<Field extends string = never> extends FormErrors<Field> {
  /** Whether the mutation is being sent. */
  readonly busy: boolean;
}

interface Sender<Data, Variables> {
  /**
   * Sends the mutation. If it succeeds, announces the result, calls `onDone` and resolves with the data; resolves with
   * `null` if the server refuses it or cannot be reached.
   */
  submit(variables: Variables, announcement?: string | ((data: Data) => string)): Promise<Data | null>;
}

/**
 * Connects a mutation to a form, a dialog or a button: its progress, its errors by field, and a function that sends it.
 * `fields` are the paths of the input that the form shows errors for; `onDone` usually closes the dialog.
 */
export function useSubmit<Data, Variables extends AnyVariables, Field extends string = never>(
  [{ fetching, error }, execute]: UseMutationResponse<Data, Variables>,
  { fields = [], onDone }: { fields?: readonly Field[]; onDone?: () => void } = {},
): Submission<Field> & Sender<Data, Variables> {
  const announce = useAnnounce();
  useEffect(() => {
    if (error) focusInvalid();
  }, [error]);
  return {
    busy: fetching,
    ...describeFormError(error, fields),
    ...(error?.networkError && { problem: UNANSWERED }),
    async submit(variables, announcement) {
      const { data } = await execute(variables);
      if (!data) return null;
      if (announcement) announce(typeof announcement === 'string' ? announcement : announcement(data));
      onDone?.();
      return data;
    },
  };
}
