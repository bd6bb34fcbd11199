import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.CodeSystem;

/** Holds resources against FHIR R4 with HAPI: one line a fault, and status 1 if there is any. */
class Validate {
    public static void main(String[] args) throws Exception {
        FhirContext fhir = FhirContext.forR4();
        PrePopulatedValidationSupport codes = new PrePopulatedValidationSupport(fhir);
        codes.addCodeSystem(fhir.newJsonParser().parseResource(CodeSystem.class, Files.readString(Path.of(args[0]))));
        FhirValidator validator = fhir.newValidator();
        validator.registerValidatorModule(new FhirInstanceValidator(new ValidationSupportChain(
            new DefaultProfileValidationSupport(fhir),
            codes,
            new InMemoryTerminologyServerValidationSupport(fhir),
            new CommonCodeSystemsTerminologyService(fhir))));
        boolean isSound = true;
        try (Stream<Path> files = Files.list(Path.of(args[1]))) {
            for (Path file : files.sorted().toList()) {
                for (SingleValidationMessage each : validator.validateWithResult(Files.readString(file)).getMessages()) {
                    if (each.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0) {
                        System.out.println(file.getFileName() + " " + each.getLocationString() + ": " + each.getMessage());
                        isSound = false;
                    }
                }
            }
        }
        System.exit(isSound ? 0 : 1);
    }
}
