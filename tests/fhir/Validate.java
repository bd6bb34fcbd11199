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
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.StructureDefinition;

/** Holds resources against FHIR R4, and the profiles and codes in some folders, with HAPI: one line a fault, and status 1 if there is any. */
class Validate {
    public static void main(String[] args) throws Exception {
        FhirContext fhir = FhirContext.forR4();
        PrePopulatedValidationSupport codes = new PrePopulatedValidationSupport(fhir);
        for (String folder : args[0].split(",")) {
            try (Stream<Path> files = Files.list(Path.of(folder))) {
                for (Path file : files.toList()) {
                    define(codes, fhir.newJsonParser().parseResource(Files.readString(file)));
                }
            }
        }
        FhirValidator validator = fhir.newValidator();
        validator.registerValidatorModule(new FhirInstanceValidator(new ValidationSupportChain(
            new DefaultProfileValidationSupport(fhir),
            codes,
            new SnapshotGeneratingValidationSupport(fhir),
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

    private static void define(PrePopulatedValidationSupport codes, IBaseResource resource) {
        if (resource instanceof CodeSystem system) {
            codes.addCodeSystem(system);
        } else {
            codes.addStructureDefinition((StructureDefinition) resource);
        }
    }
}
