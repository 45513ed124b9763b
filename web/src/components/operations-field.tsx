import { normaliseOperations, type Operation } from '../../../src/domain/scopes.ts';
import { operationName } from '../labels.ts';
import { Checkbox, FieldGroup } from './field.tsx';
import './operations-field.css';

/** Selects some of the offered operations; `onChange` receives them in the usual order. */
export function OperationsField({
  offered,
  value,
  error,
  onChange,
}: {
  offered: readonly Operation[];
  value: readonly Operation[];
  error?: string | undefined;
  onChange: (operations: readonly Operation[]) => void;
}) {
  function choose(operation: Operation, chosen: boolean) {
    onChange(
      normaliseOperations(chosen ? [...value, operation] : value.filter((each) => each !== operation)),
    );
  }
  return (
    <FieldGroup label="Operations" className="operations" error={error}>
      {offered.length === 0 && <span className="muted">Choose a type first</span>}
      {offered.map((operation) => (
        <Checkbox
          key={operation}
          label={operationName(operation)}
          checked={value.includes(operation)}
          onChange={({ target }) => choose(operation, target.checked)}
        />
      ))}
    </FieldGroup>
  );
}
